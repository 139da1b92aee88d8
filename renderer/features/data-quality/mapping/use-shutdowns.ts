import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { Failure } from '../../../../shared/domain/problem.ts'
import type { MappingSuggestions } from '../../../../shared/protocol/mapping.ts'
import { bridge } from '../../../bridge/bridge.ts'
import { failureOf } from '../../../stores/topic.ts'

interface Answer {
  value: MappingSuggestions | null
  failure: Failure | null
  isAsking: boolean
}

const none: Answer = { value: null, failure: null, isAsking: false }
/** By machine: who goes from tag to tag of one reads what was found once. */
const answerStore = createStore<{ answers: ReadonlyMap<string, Answer> }>(() => ({ answers: new Map() }))

function put(assetId: string, answer: Answer): void {
  answerStore.setState(({ answers }) => ({ answers: new Map(answers).set(assetId, answer) }))
}

/** A month has a stop of nearly every machine; longer ago the tags may have been others. */
const days = 30

async function askFor(assetId: string): Promise<void> {
  const before = answerStore.getState().answers.get(assetId) ?? none
  if (before.isAsking) return
  put(assetId, { ...before, failure: null, isAsking: true })
  try {
    put(assetId, { value: await bridge.call('mapping.suggest', { assetId, days }), failure: null, isAsking: false })
  } catch (error) {
    put(assetId, { value: before.value, failure: failureOf(error), isAsking: false })
  }
}

/** What the stops of a machine say of its tags, when somebody asks. */
export function useShutdowns(assetId: string): Answer & { ask: () => void } {
  const answer = useStore(answerStore, ({ answers }) => answers.get(assetId) ?? none)
  return { ...answer, ask: () => void askFor(assetId) }
}
