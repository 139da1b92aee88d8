import { rekeyHere } from './rekey.ts'

// For tests: changes a key and says each step, so that whoever listens can kill it behind one.
const [file = '', oldHex = '', newHex = ''] = process.argv.slice(2)
const key = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const say = (step: string): void => void process.stdout.write(`${step}\n`)
rekeyHere(
  { file, oldKey: key(oldHex), newKey: key(newHex), beforeSwap: () => say('before'), afterSwap: () => say('after') },
  ({ step, done }) => say(`${step} ${done}`),
)
