import { isOffered } from '../../shared/domain/exceptions.ts'
import type { PlantServer } from '../../shared/domain/plant-file.ts'
import { unlessStopped } from './deadline.ts'
import { offeredThumbprint } from './discover.ts'
import type { LinkCertificate } from './link-certificate.ts'
import type { LinkTracker } from './link-tracker.ts'
import type { ProblemBook } from './problem-book.ts'
import { lostSentence, type Refusal, refusalOf } from './refusal.ts'
import { ListenError } from './reverse-listener.ts'
import type { ReverseWay } from './reverse-way.ts'
import type { OpcuaConnectionOptions } from './types.ts'

interface LinkFailureParts {
  options: OpcuaConnectionOptions
  link: LinkTracker
  problems: ProblemBook
  certificate: LinkCertificate
  stopping: AbortSignal
}

/** Says why a link ended or was not made; the refusal when another attempt alone does not help, else null. */
export async function tellFailure(
  error: Error,
  { options, link, problems, certificate, stopping }: LinkFailureParts,
  reverse: ReverseWay | null,
): Promise<Refusal | null> {
  const { server } = options
  if (stopping.aborted) return null
  const shown = await shownThumbprint(error, options, stopping, reverse)
  const refusal = refusalOf(error, server, shown, certificate.acceptedThumbprint)
  const id = `opcua.link:${server.id}`
  if (refusal) {
    link.insecure('')
    const { thumbprint, rule, undecided } = refusal
    const words = refusal.message + (rule === null ? '' : certificate.exceptions.ended(rule))
    const offered = isOffered(rule) ? rule : null
    link.set('refused', words, { undecided: undecided ? thumbprint : null, rule: offered })
    problems.raise(id, 'error', words, refusal.remedy)
    return refusal
  }
  const { sentence, remedy } = lossOf(error, server)
  link.set('lost', sentence)
  problems.raise(id, 'error', sentence, remedy)
  return null
}

async function shownThumbprint(
  error: Error,
  { server, pki }: OpcuaConnectionOptions,
  stopping: AbortSignal,
  reverse: ReverseWay | null,
): Promise<string | null> {
  if (!/BadCertificate/.test(error.message)) return null
  if (reverse) return reverse.thumbprint
  try {
    return await unlessStopped(stopping, offeredThumbprint(server, pki))
  } catch {
    return null
  }
}

function lossOf(error: Error, server: PlantServer): { sentence: string; remedy: string } {
  if (error instanceof ListenError)
    return {
      sentence: `${error.message}, where server ${server.id} is to call.`,
      remedy: 'Correct reverse.listen of the server in the plant file, or end the other program; it is tried again.',
    }
  return {
    sentence: lostSentence(error, server),
    remedy: 'Check that the server runs and that the network between is up; the link is retried by itself.',
  }
}
