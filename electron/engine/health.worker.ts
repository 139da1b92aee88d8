import { parentPort } from 'node:worker_threads'
import { Collector } from './collector.ts'
import { HealthBook } from './health-book.ts'
import type { ToHealthWorker } from './health-messages.ts'

/** The advisory model on a thread of its own: whatever happens here, limits are judged elsewhere. */
if (!parentPort) throw new Error('health.worker is started as a worker thread.')
const port = parentPort
const book = new HealthBook()
new Collector().settle()
port.on('message', (message: ToHealthWorker) => {
  const answer = book.take(message)
  if (answer) port.postMessage(answer)
})
