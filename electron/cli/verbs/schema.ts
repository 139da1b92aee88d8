import { bundleJsonSchema, bundleSiteJsonSchema, plantJsonSchema } from '../../assets/index.ts'
import { UsageError, type CliIo } from '../io.ts'

const words = { type: 'string' }

/** Of `check` and `verify`. */
const faultsSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'millwright/check@1',
  type: 'object',
  properties: {
    schema: words,
    ok: { type: 'boolean' },
    faults: {
      type: 'array',
      items: {
        type: 'object',
        properties: { path: words, code: words, message: words, remedy: words },
        required: ['path', 'code', 'message', 'remedy'],
      },
    },
  },
  required: ['schema', 'ok', 'faults'],
}

const schemas: Readonly<Record<string, () => unknown>> = {
  plant: plantJsonSchema,
  check: () => faultsSchema,
  bundle: bundleJsonSchema,
  'bundle-site': bundleSiteJsonSchema,
}

/** `millwright schema NAME`: a JSON Schema on stdout. Exit 2 with the list when there is none of that name. */
export function runSchema(argv: string[], io: CliIo): Promise<number> {
  const args = argv.filter((arg) => arg !== '--json')
  const [name] = args
  const known = Object.keys(schemas).join(', ')
  const make = name !== undefined && Object.hasOwn(schemas, name) ? schemas[name] : undefined
  if (name === undefined || args.length > 1) {
    return Promise.reject(new UsageError(`schema takes one name; there are: ${known}.`))
  }
  if (!make) return Promise.reject(new UsageError(`There is no schema "${name}"; there are: ${known}.`))
  io.stdout(`${JSON.stringify(make(), null, 2)}\n`)
  return Promise.resolve(0)
}
