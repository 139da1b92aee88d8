import { z } from 'zod'
import type { Fault } from '../../shared/domain/fault.ts'
import { plantFileSchema } from '../../shared/domain/plant-file.ts'
import { formatPath, isRaw, type Raw } from './raw.ts'
import { secretLike } from './secrets.ts'
import { listed, meant, nearest } from './suggest.ts'

type Issue = z.core.$ZodIssue

const jsonSchema: unknown = z.toJSONSchema(plantFileSchema, { io: 'input' })

function lookUp(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value
  for (const step of path) {
    if (Array.isArray(at) && typeof step === 'number') at = at[step]
    else if (isRaw(at)) at = at[String(step)]
    else return undefined
  }
  return at
}

/** The alternatives of a union, or the schema itself. */
function alternatives(schema: Raw): Raw[] {
  const choices = schema['oneOf'] ?? schema['anyOf']
  return Array.isArray(choices) ? choices.filter(isRaw).flatMap(alternatives) : [schema]
}

/** Keys the schema knows at that place, over all alternatives of a union. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  let at = isRaw(jsonSchema) ? alternatives(jsonSchema) : []
  for (const step of path) {
    at = at.flatMap((schema) => {
      const properties = schema['properties']
      const next = typeof step === 'number' ? schema['items'] : isRaw(properties) ? properties[String(step)] : undefined
      return isRaw(next) ? alternatives(next) : []
    })
  }
  return [...new Set(at.flatMap((schema) => Object.keys(isRaw(schema['properties']) ? schema['properties'] : {})))]
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  if (typeof value === 'string')
    return `the text ${JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value)}`
  return `${typeof value === 'boolean' ? 'the truth value' : 'the number'} ${JSON.stringify(value)}`
}

const expectedWords: Record<string, string> = {
  string: 'text in double quotes',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object in { }',
  array: 'a list in [ ]',
  tuple: 'a list of two numbers',
  record: 'an object in { }',
}

function unknownKey(path: string, key: string, within: readonly PropertyKey[], present: Raw): Fault {
  const full = path === '(file)' ? key : `${path}.${key}`
  if (secretLike(key)) {
    return {
      path: full,
      code: 'inline-secret',
      message: `"${key}" looks like a secret written into the plant file, which is stored and shared in the clear.`,
      remedy: 'Remove it, change that secret, and name it with "secretRef"; its value belongs in the secrets file.',
    }
  }
  const known = knownKeys(within)
  const free = known.filter((word) => !(word in present))
  const near = nearest(key, free)
  return {
    path: full,
    code: 'unknown-key',
    message: `"${key}" is not a key of ${path === '(file)' ? 'a plant file' : path}.`,
    remedy:
      near === undefined
        ? `Remove it, or start it with "x-" if it is your own note. Known here: ${listed(known, 20)}.`
        : `Did you mean "${near}"? A key of your own starts with "x-".`,
  }
}

function outOfChoice(path: string, value: unknown, choices: readonly string[]): Fault {
  const remedy =
    typeof value === 'string'
      ? meant(value, choices, 'See the documentation of the plant file.')
      : `Use one of ${listed(choices, 20)}.`
  if (value === undefined) return missing(path, `It is one of ${listed(choices, 20)}.`)
  return {
    path,
    code: 'not-a-choice',
    message: `${path} is ${kindOf(value)}, which is none of the allowed words.`,
    remedy,
  }
}

function missing(path: string, how: string): Fault {
  return { path, code: 'missing-key', message: `${path} is required and is not there.`, remedy: `Add it. ${how}` }
}

function size(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>, path: string, value: unknown): Fault {
  const small = issue.code === 'too_small'
  if (issue.origin === 'string') {
    return { path, code: 'empty-text', message: `${path} is empty.`, remedy: 'Write at least one word there.' }
  }
  const bound = small ? issue.minimum : issue.maximum
  if (issue.origin === 'array') {
    const count = Array.isArray(value) ? value.length : 0
    const message = `${path} has ${count} ${count === 1 ? 'entry' : 'entries'} and needs ${small ? 'at least' : 'at most'} ${bound}.`
    return { path, code: 'wrong-count', message, remedy: `Give ${small ? 'at least' : 'at most'} ${bound}.` }
  }
  const than = small ? (issue.inclusive ? 'at least' : 'more than') : issue.inclusive ? 'at most' : 'less than'
  const message = `${path} is ${String(value)} and must be ${than} ${bound}.`
  return { path, code: 'out-of-bounds', message, remedy: `Set it to a number that is ${than} ${bound}.` }
}

function format(issue: Extract<Issue, { code: 'invalid_format' }>, path: string, value: unknown): Fault {
  if (issue.format === 'date') {
    const remedy = 'Write it as year-month-day, like "2021-03-01".'
    return { path, code: 'bad-date', message: `${path} is ${kindOf(value)}, which is no date of the calendar.`, remedy }
  }
  if (issue.message.startsWith('letters')) {
    const message = `${path} is ${kindOf(value)}, which cannot be an id.`
    return {
      path,
      code: 'bad-id',
      message,
      remedy: `Use ${issue.message} characters, beginning with a letter or digit.`,
    }
  }
  const message = `${path} is ${kindOf(value)}, which has not the form ${issue.message}.`
  if (issue.message.startsWith('HH:MM'))
    return { path, code: 'bad-time', message, remedy: `Write it as ${issue.message}.` }
  return { path, code: 'bad-url', message, remedy: `Write it as ${issue.message}.` }
}

function choicesOfUnion(issue: Extract<Issue, { code: 'invalid_union' }>): string[] {
  const options = (issue as { options?: unknown }).options
  if (Array.isArray(options)) return options.map(String)
  return issue.errors.flat().flatMap((inner) => (inner.code === 'invalid_value' ? inner.values.map(String) : []))
}

function translate(issue: Issue, root: unknown): Fault[] {
  const path = formatPath(issue.path)
  const value = lookUp(root, issue.path)
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(path, key, issue.path, isRaw(value) ? value : {}))
    case 'invalid_type': {
      const expected = expectedWords[issue.expected] ?? issue.expected
      if (value === undefined) return [missing(path, `It is ${expected}.`)]
      return [
        {
          path,
          code: 'wrong-type',
          message: `${path} is ${kindOf(value)}, not ${expected}.`,
          remedy: `Write ${expected}.`,
        },
      ]
    }
    case 'invalid_value':
      if (path === 'schema' && value !== undefined) {
        const message = `The file says schema ${JSON.stringify(value)}; this version reads "millwright/plant@1".`
        return [{ path, code: 'wrong-schema', message, remedy: 'Set "schema": "millwright/plant@1".' }]
      }
      return [outOfChoice(path, value, issue.values.map(String))]
    case 'invalid_union':
      return [outOfChoice(path, value, choicesOfUnion(issue))]
    case 'too_small':
    case 'too_big':
      return [size(issue, path, value)]
    case 'invalid_format':
      return [format(issue, path, value)]
    case 'not_multiple_of':
    case 'invalid_key':
    case 'invalid_element':
    case 'custom':
      return [{ path, code: 'invalid', message: `${path}: ${issue.message}.`, remedy: 'See the plant schema.' }]
  }
}

const contractField =
  /^(alerts\[\d+\]\.contract)\.(meaning|cause|consequence|action|recipient|respondWithinMin|priority)$/

/**
 * An alert contract with several empty fields is one fault, not seven: the person has not written it yet, and one
 * sentence that lists the fields says so better.
 */
function mergeAlertContracts(faults: Fault[]): Fault[] {
  const byContract = Map.groupBy(faults, (fault) =>
    fault.code === 'missing-key' || fault.code === 'empty-text' ? (contractField.exec(fault.path)?.[1] ?? '') : '',
  )
  const merged = new Set<string>()
  return faults.flatMap((fault) => {
    const contract = contractField.exec(fault.path)?.[1]
    const group = contract === undefined ? undefined : byContract.get(contract)
    if (contract === undefined || !group || group.length < 2 || !group.includes(fault)) return [fault]
    if (merged.has(contract)) return []
    merged.add(contract)
    const fields = group.map((one) => one.path.slice(contract.length + 1))
    return [
      {
        path: contract,
        code: 'empty-alert-contract',
        message: `${contract} says nothing about ${fields.join(', ')}: whoever receives the alert would not know what to do.`,
        remedy: 'Fill in every field; an alert that cannot be acted on is not raised.',
      },
    ]
  })
}

/** Each issue of the schema as a sentence with its path. `root` is the value that was parsed. */
export function schemaFaults(issues: readonly Issue[], root: unknown): Fault[] {
  return mergeAlertContracts(issues.flatMap((issue) => translate(issue, root)))
}
