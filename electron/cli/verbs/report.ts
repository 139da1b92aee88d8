import { userInfo } from 'node:os'
import path from 'node:path'
import { resolvePlant } from '../../assets/index.ts'
import { alertReport, type ReportSource } from '../../engine/alert-report.ts'
import { askEngine } from '../../engine/local-socket.ts'
import { bearingNames, buildPlantModel, loadBearingCatalogue } from '../../engine/plant-model.ts'
import { readPlantText } from '../../engine/plant-text.ts'
import { spectrumOf } from '../../engine/plots/spectrum-of.ts'
import { judgingSoftware } from '../../engine/version.ts'
import { alertHtml } from '../../report/index.ts'
import { openTwinForReading, TwinError, twinFileName, type TwinReader } from '../../store/api.ts'
import { UsageError, type CliIo } from '../io.ts'
import { readKeyFile, readOptions, required, resolveFrom } from '../options.ts'
import { needsKey } from './verify.ts'
import { writeWhole } from './whole-file.ts'

interface Wish {
  id: string
  owner: string
  due: string | null
  action: string
}

/**
 * `millwright report --data DIR --alert ID --out F.html [--owner NAME] [--due YYYY-MM-DD] [--action TEXT] [--key-file F]`: the page
 * about one alert. HTML only: printing needs the application's window. Exit 0, or 2 when there is no such alert.
 */
export async function runReport(argv: string[], io: CliIo): Promise<number> {
  const text = { type: 'string' } as const
  const options = { data: text, 'key-file': text, alert: text, out: text, owner: text, due: text, action: text }
  const { values, positionals } = readOptions('report', argv, options)
  if (positionals[0] !== undefined) throw new UsageError(`millwright report does not know "${positionals[0]}".`)
  const dataDir = resolveFrom(io.cwd, required('report', 'data', values.data))
  const out = resolveFrom(io.cwd, required('report', 'out', values.out))
  if (!/\.html?$/i.test(out))
    throw new UsageError(
      `millwright report writes HTML, not ${path.extname(out) || 'a file without an ending'}: name F.html, and print it to PDF from a browser or from the alert in the application.`,
    )
  const due = values.due ?? null
  if (due !== null && !/^\d{4}-\d\d-\d\d$/.test(due))
    throw new UsageError(`millwright report: --due "${due}" is no day; write it like 2026-03-31.`)
  const wish = {
    id: required('report', 'alert', values.alert),
    owner: values.owner ?? '',
    due,
    action: values.action ?? '',
  }
  const keyFile = values['key-file']
  const html =
    keyFile === undefined
      ? await byEngine(dataDir, wish)
      : await offline(dataDir, readKeyFile(resolveFrom(io.cwd, keyFile)), wish)
  await writeWhole('report', out, async (write) => write(html))
  if (io.json) io.stdout(`${JSON.stringify({ schema: 'millwright/report@1', alert: wish.id, out })}\n`)
  else io.stderr(`The report is in ${out}.\n`)
  return 0
}

async function byEngine(dataDir: string, wish: Wish): Promise<string> {
  let html = ''
  let complaint = ''
  const asked = { verb: 'report' as const, argv: [JSON.stringify(wish)], json: false }
  const code = await askEngine(dataDir, asked, {
    out: (piece) => void (html += piece),
    err: (piece) => void (complaint += piece),
  })
  if (code === null) return needsKey('report', dataDir)
  if (code !== 0) throw new UsageError(complaint.trim() || `The engine of ${dataDir} could not make the report.`)
  return html
}

async function offline(dataDir: string, key: Uint8Array, wish: Wish): Promise<string> {
  try {
    const twin = openTwinForReading({ file: path.join(dataDir, twinFileName), key })
    try {
      const occurrence = await twin.occurrence(wish.id)
      if (!occurrence) throw new UsageError(`The twin of ${dataDir} has no alert "${wish.id}".`)
      const source = await sourceOf(twin, occurrence.configHash)
      return alertHtml(await alertReport(source, occurrence, { ...wish, by: userInfo().username }))
    } finally {
      await twin.close()
    }
  } catch (error) {
    if (error instanceof TwinError) throw new UsageError(error.message, { cause: error })
    throw error
  }
}

/** The plant as it was when the alert was raised. */
async function sourceOf(twin: TwinReader, configHash: string): Promise<ReportSource> {
  const revision = await twin.config(configHash)
  if (!revision) throw new UsageError('The twin does not have the configuration of this alert any more.')
  const catalogue = loadBearingCatalogue()
  const { loaded } = readPlantText(revision.text, bearingNames(catalogue))
  if (!loaded) throw new UsageError('The configuration of this alert cannot be read by this version.')
  const { plant } = loaded
  const { rules } = resolvePlant(plant, configHash)
  const model = buildPlantModel(plant, configHash, '', await twin.knownPoints(), rules)
  const baselines = await twin.baselines()
  return {
    twin,
    model,
    baselinesOf: (pointKey) => baselines.filter((record) => record.pointKey === pointKey),
    catalogue,
    spectrum: async (captureId, settings) => {
      const capture = await twin.capture(captureId)
      if (!capture) throw new UsageError(`The twin has no capture "${captureId}".`)
      return spectrumOf(capture, settings)
    },
    software: judgingSoftware,
    nowUs: () => Date.now() * 1000,
  }
}
