import type { RefObject } from 'react'
import type { FileFormat } from '../../../shared/protocol/plots.ts'
import type { SpectrumFrame } from '../../../shared/protocol/views.ts'
import { bridge } from '../../bridge/bridge.ts'
import { browser } from '../../bridge/browser.ts'
import { host } from '../../bridge/host.ts'
import { figureCsv, figureSvg, pictureOf, type PlotControl } from '../../charts/index.ts'
import { failureOf } from '../../stores/topic.ts'
import { toast } from '../../stores/toasts.ts'
import { Button, Popover, t, type PopoverOpener } from '../../ui/index.ts'

interface ExportMenuProps {
  /** Machine, point and plot in words: the title of what is exported, and its file name. */
  title: string
  plot: string
  control: RefObject<PlotControl | null>
  /** Opens it from elsewhere: by a right click on the plot. */
  opener: RefObject<PopoverOpener | null>
  captureId: string | null
  /** Spectra on screen, as they were computed; for Universal Files. */
  spectrum?: () => SpectrumFrame | null
  quantity: string
}

async function save(name: string, bytes: Uint8Array): Promise<void> {
  const saved = await host.saveFile(name, bytes)
  if (saved !== null) toast('done', t('desk.saved', { name: saved }))
}

/** What every file system takes, with an ending. */
function fileName(title: string, ending: string): string {
  return `${title
    .replaceAll(/[^\p{L}\p{N} .-]+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 100)}.${ending}`
}

/** Everything that can leave a plot; files by the dialog of the shell, the rest by the clipboard. */
export function ExportMenu({ title, plot, control, opener, captureId, spectrum, quantity }: ExportMenuProps) {
  const now = (work: () => Promise<void>) => () => {
    work().catch((error: unknown) => toast('failed', failureOf(error).message))
  }
  const figure = () => {
    const made = control.current?.figure(title)
    if (!made) throw new Error(t('desk.nothing'))
    return made
  }
  const picture = async (): Promise<Blob> => {
    const canvas = control.current?.canvas()
    if (!canvas) throw new Error(t('desk.nothing'))
    return pictureOf(canvas, title, control.current?.text().split('\n')[0] ?? '')
  }
  const text = (words: string, ending: string): Promise<void> =>
    save(fileName(title, ending), new TextEncoder().encode(words))
  const uff = async (format: 'uff' | 'uffb'): Promise<void> => {
    const frame = spectrum?.()
    if (!frame) throw new Error(t('desk.nothing'))
    const { amplitude, resolutionHz, unit, tUs, rpm } = frame
    const set = { title, values: amplitude, fromHz: 0, stepHz: resolutionHz, unit, quantity, tUs, rpm }
    const { bytes } = await bridge.call('plot.file', { format, sets: [set] })
    await save(fileName(title, 'uff'), bytes)
  }
  const capture = async (format: FileFormat): Promise<void> => {
    if (captureId === null) return
    const { name, bytes } = await bridge.call('capture.file', { captureId, format })
    await save(name, bytes)
  }
  const items: readonly (readonly [string, () => Promise<void>])[] = [
    [t('desk.png'), async () => save(fileName(title, 'png'), new Uint8Array(await (await picture()).arrayBuffer()))],
    [t('desk.svg'), () => text(figureSvg(figure()), 'svg')],
    [t('desk.csv'), () => text(figureCsv(figure()), 'csv')],
    ...(spectrum
      ? ([
          [t('desk.uff'), () => uff('uff')],
          [t('desk.uffb'), () => uff('uffb')],
        ] as const)
      : []),
    [
      t('desk.clip'),
      async () => {
        await browser.copyImage(await picture())
        toast('done', t('desk.copiedPicture'))
      },
    ],
    ...(captureId === null
      ? []
      : ([
          [t('desk.captureCsv'), () => capture('csv')],
          [t('desk.captureWav'), () => capture('wav')],
          [t('desk.captureUff'), () => capture('uff')],
          [t('desk.captureUffb'), () => capture('uffb')],
        ] as const)),
  ]
  return (
    <Popover
      label={t('desk.exportOf', { plot })}
      className="button button-quiet plot-export"
      trigger={t('desk.export')}
      width={280}
      opener={opener}
    >
      <ul className="export-list">
        {items.map(([words, work]) => (
          <li key={words}>
            <Button kind="quiet" onClick={now(work)}>
              {words}
            </Button>
          </li>
        ))}
      </ul>
    </Popover>
  )
}
