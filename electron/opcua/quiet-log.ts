import { setDebugLogger, setErrorLogger, setWarningLogger } from 'node-opcua-client'

/**
 * node-opcua writes warnings to the console, in several lines and colours; on stdout they would break the engine's JSON
 * lines. They are kept here, newest last, for the doctor and for a failed test; what matters to people is said by the
 * link state and the problem list.
 */
const kept: string[] = []
const most = 200
// oxlint-disable-next-line no-control-regex -- colour codes are control characters
const colours = /\u001B\[[0-9;]*m/g

function keep(...parts: unknown[]): void {
  kept.push(parts.map(String).join(' ').replaceAll(colours, '').trim())
  if (kept.length > most) kept.splice(0, kept.length - most)
}

export function silenceLibrary(): void {
  setDebugLogger(keep)
  setWarningLogger(keep)
  setErrorLogger(keep)
}

/** The last lines node-opcua would have printed. */
export function libraryLog(): readonly string[] {
  return kept
}
