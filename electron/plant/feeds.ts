import { StatusCodes } from 'node-opcua'
import { createPacer, type Pacer } from './pacer.ts'
import { sampleTime } from './plant-clock.ts'
import type { BulkWriter, ScalarWriter, WaveformWriter } from './plant-variables.ts'
import type { ReplayChannel } from './replay.ts'

/** Something that writes values when they are due; all feeds of a plant hang on one timer. */
export interface Feed {
  pump(nowUs: number): void
  /** Values or blocks left out after the process stood still. */
  skipped(): number
}

function drain(pacer: Pacer, nowUs: number, emit: (k: number) => void): void {
  for (let k = pacer.next(nowUs); k !== null; k = pacer.next(nowUs)) emit(k)
}

/** Sample n of a scalar belongs to t0 + n * period and leaves at that moment. */
export function scalarFeed(
  write: ScalarWriter,
  t0Us: number,
  periodMs: number,
  valueAt: (n: number, tS: number) => number,
): Feed {
  const periodUs = periodMs * 1000
  const pacer = createPacer({ dueUs: (n) => t0Us + n * periodUs, periodUs })
  return {
    pump: (nowUs) =>
      drain(pacer, nowUs, (n) =>
        write(valueAt(n, (n * periodMs) / 1000), { us: Math.round(t0Us + n * periodUs), tick: 0 }),
      ),
    skipped: () => pacer.skipped,
  }
}

export interface WaveformFeedOptions {
  writer: WaveformWriter
  t0Us: number
  sampleRateHz: number
  blockSize: number
  render: (k: number) => Float32Array
}

/** Block k starts at t0 + k * size / rate, exactly, and leaves when its last sample has been taken. */
export function waveformFeed({ writer, t0Us, sampleRateHz, blockSize, render }: WaveformFeedOptions): Feed {
  const pacer = createPacer({
    dueUs: (k) => sampleTime(t0Us, (k + 1) * blockSize, sampleRateHz).us,
    periodUs: (blockSize / sampleRateHz) * 1e6,
  })
  return {
    pump: (nowUs) =>
      drain(pacer, nowUs, (k) => writer.write(render(k), k, sampleTime(t0Us, k * blockSize, sampleRateHz))),
    skipped: () => pacer.skipped,
  }
}

/** Counters written at once: a larger slice would hold up keep-alives, smaller ones only cost timers. */
const sliceSize = 500

/**
 * Every counter counts its own samples, 1, 2, 3 ..., so that a client proves loss by sequence. Slices are spread over
 * the period: 20 000 values at one instant would stall the server for tens of milliseconds. After a stall too long
 * to catch up the series moves on in time without leaving out a number.
 */
export function counterFeeds(write: BulkWriter, count: number, rateHz: number, t0Us: number): Feed[] {
  const periodUs = 1e6 / rateHz
  const slices = Math.ceil(count / sliceSize)
  return Array.from({ length: slices }, (_, slice) => {
    const from = slice * sliceSize
    const to = Math.min(count, from + sliceSize)
    const phaseUs = (slice * periodUs) / slices
    const dueUs = (k: number): number => t0Us + phaseUs + k * periodUs
    const pacer = createPacer({ dueUs, periodUs, overdue: 'shift' })
    return {
      pump: (nowUs: number) =>
        drain(pacer, nowUs, (k) => write(k + 1, from, to, { us: Math.round(dueUs(k) + pacer.shiftUs), tick: 0 })),
      skipped: () => 0,
    }
  })
}

export interface ReplayFeedOptions {
  writer: WaveformWriter
  t0Us: number
  channel: ReplayChannel
}

/** Serves a recording at its own rate. A history that has ended says so once: BadNoCommunication, then silence. */
export function replayFeed({ writer, t0Us, channel }: ReplayFeedOptions): Feed {
  const endS = (k: number): number => {
    const lastOfAll = !channel.loop && k >= channel.blocks
    return lastOfAll ? channel.startS(channel.blocks - 1) : channel.startS(k)
  }
  const spanUs = (channel.blockSize / channel.sampleRateHz) * 1e6
  const pacer = createPacer({ dueUs: (k) => t0Us + endS(k) * 1e6 + spanUs, periodUs: spanUs })
  let ended = false
  return {
    pump(nowUs) {
      if (ended) return
      drain(pacer, nowUs, (k) => {
        if (ended) return
        if (!channel.loop && k >= channel.blocks) {
          ended = true
          writer.fail(StatusCodes.BadNoCommunication, { us: nowUs, tick: 0 })
          channel.close()
          return
        }
        const ticks = Math.round(channel.startS(k) * 1e7)
        writer.write(channel.read(k), k, { us: t0Us + Math.floor(ticks / 10), tick: ticks % 10 })
      })
    },
    skipped: () => pacer.skipped,
  }
}
