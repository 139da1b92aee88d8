import { serve } from './rpc.ts'
import { writerMethods } from './writer-methods.ts'

// Worker entry: the only write connection of the process, and the only one that migrates. It compacts between commits.
const writer = writerMethods()
serve(writer, writer.compactStep)
