import { parentPort, workerData } from 'node:worker_threads'
import { PlantEditError } from '../assets/index.ts'
import type { ThreadAnswer } from './asked-thread.ts'
import { readEdited } from './plant-text.ts'
import type { PlantAnswer, PlantQuestion, PlantThreadData } from './plant-thread.ts'

// Worker entry: parses, edits and checks plant files.
if (!parentPort) throw new Error('plant.worker is started as a worker thread.')
const port = parentPort
const { bearings } = workerData as PlantThreadData

function answerTo({ text, edit, faultsOnly }: PlantQuestion): PlantAnswer {
  try {
    const read = readEdited(text, edit, bearings)
    return faultsOnly ? { text: '', loaded: null, faults: read.faults } : read
  } catch (error) {
    if (error instanceof PlantEditError) return { refused: { message: error.message, change: error.change } }
    throw error
  }
}

port.on('message', (question: PlantQuestion & { job: number }) => {
  const { job } = question
  const tell = (message: ThreadAnswer<PlantAnswer>): void => port.postMessage(message)
  try {
    tell({ job, answer: answerTo(question) })
  } catch (error) {
    tell({ job, code: 'failed', error: error instanceof Error ? error.message : String(error) })
  }
})
