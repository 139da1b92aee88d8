import {
  endOfException,
  type ExceptionRule,
  exceptionRules,
  exceptionScope,
  isOffered,
  type PlantException,
} from '../../shared/domain/exceptions.ts'

export { type ExceptionRule, exceptionRules }

const ruleWords: Record<ExceptionRule, string> = {
  'host-name': 'a host name its certificate does not carry',
  validity: 'a certificate out of date',
  'revocation-unknown': 'a certificate whose revocation cannot be checked',
  'weak-key': 'a key shorter than 2048 bits',
  'deprecated-policy': 'a security policy that rests on SHA-1',
}

export function wordsOfRule(rule: ExceptionRule): string {
  return ruleWords[rule]
}

/** What to add to a remedy when a person may also decide to live with it; a weak key is not offered. */
export function exceptionHint(serverId: string, rule: ExceptionRule): string {
  if (!isOffered(rule)) return ''
  return ` Until that is done an exception can be made, with owner, reason and last day: under Settings, Servers, or in the plant file with the scope "${exceptionScope(serverId, rule)}".`
}

/** The exceptions of one server, as long as they last. */
export class ExceptionBook {
  readonly #serverId: string
  readonly #all: readonly PlantException[]
  readonly #nowUs: () => number
  readonly #used = new Map<ExceptionRule, PlantException>()

  constructor(serverId: string, all: readonly PlantException[], nowUs: () => number) {
    this.#serverId = serverId
    this.#all = all
    this.#nowUs = nowUs
  }

  /** Whether the rule is waived now; the last day counts whole, in UTC. */
  readonly waives = (rule: ExceptionRule): boolean => {
    const found = this.#find(rule)
    if (found) this.#used.set(rule, found)
    return found !== undefined
  }

  allows(rule: ExceptionRule): boolean {
    return this.#find(rule) !== undefined
  }

  /** Those a link lives on, in words; empty when it needs none. */
  used(): { rule: ExceptionRule; words: string }[] {
    return [...this.#used].map(([rule, exception]) => ({ rule, words: wordsOf(rule, exception) }))
  }

  /** The exception that holds now, in words; null when there is none. */
  accepted(rule: ExceptionRule): string | null {
    const found = this.#find(rule)
    return found ? wordsOf(rule, found) : null
  }

  /** The exception that held until it ended, in words; empty when there was none. */
  ended(rule: ExceptionRule): string {
    const [last] = this.#of(rule).toSorted((a, b) => b.until.localeCompare(a.until))
    return last === undefined || this.allows(rule) ? '' : ` The exception of ${last.owner} ended on ${last.until}.`
  }

  forget(): void {
    this.#used.clear()
  }

  #find(rule: ExceptionRule): PlantException | undefined {
    const nowUs = this.#nowUs()
    return this.#of(rule).find((exception) => endOfException(exception) > nowUs)
  }

  #of(rule: ExceptionRule): PlantException[] {
    const scope = exceptionScope(this.#serverId, rule)
    return this.#all.filter((exception) => exception.scope === scope)
  }
}

function wordsOf(rule: ExceptionRule, { owner, until, reason }: PlantException): string {
  return `${ruleWords[rule]} is accepted until ${until} (${owner}: ${reason})`
}
