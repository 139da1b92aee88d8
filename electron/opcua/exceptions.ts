import type { PlantFile } from '../../shared/domain/plant-file.ts'

/**
 * What a person may allow for one server and a time, in the plant file's `exceptions` with the scope
 * `opcua:SERVER:RULE`. Never waived: an untrusted or revoked certificate, a wrong application URI (OPC 10000-4, 6.1.3,
 * table 100: these may not be suppressed), and a password over a connection without encryption.
 */
export const exceptionRules = ['host-name', 'validity', 'revocation-unknown', 'weak-key', 'deprecated-policy'] as const
export type ExceptionRule = (typeof exceptionRules)[number]

type PlantException = NonNullable<PlantFile['exceptions']>[number]

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

/** What to add to a remedy when a person may also decide to live with it. */
export function exceptionHint(serverId: string, rule: ExceptionRule): string {
  return `Until that is done an exception can be made in the plant file, with owner, reason and last day: scope "opcua:${serverId}:${rule}".`
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
    return [...this.#used].map(([rule, { owner, until, reason }]) => ({
      rule,
      words: `${ruleWords[rule]} is accepted until ${until} (${owner}: ${reason})`,
    }))
  }

  forget(): void {
    this.#used.clear()
  }

  #find(rule: ExceptionRule): PlantException | undefined {
    const scope = `opcua:${this.#serverId}:${rule}`
    const nowMs = this.#nowUs() / 1_000
    return this.#all.find(
      (exception) => exception.scope === scope && Date.parse(`${exception.until}T23:59:59.999Z`) >= nowMs,
    )
  }
}
