import { useState } from 'react'
import { plotLines } from '../../../shared/protocol/plots.ts'
import { displayAxes, displayQuantities, type SpectrumDisplay } from '../../charts/index.ts'
import { Button, Field, formatNumber, Popover, t } from '../../ui/index.ts'
import { Choice } from './Choice.tsx'
import { bandPresets, usualSettings, type SpectrumSettings } from './desk-model.ts'
import { AveragingChoice, HeightChoices, WindowChoice } from './OptionChoices.tsx'

interface SpectrumOptionsProps {
  kind: 'spectrum' | 'envelope'
  title: string
  settings: SpectrumSettings
  onSettings: (settings: SpectrumSettings) => void
  display: SpectrumDisplay
  onDisplay: (display: SpectrumDisplay) => void
  difference: boolean | null
  onDifference: (difference: boolean) => void
  hold: boolean
  onHold: (hold: boolean) => void
}

const overlaps = ['0', '0.5', '0.75'] as const

/** How a spectrum is computed and how it is read. */
export function SpectrumOptions(props: SpectrumOptionsProps) {
  const { kind, title, settings, onSettings, display, onDisplay, difference, onDifference, hold, onHold } = props
  const set = (change: Partial<SpectrumSettings>): void => onSettings({ ...settings, ...change })
  const show = (change: Partial<SpectrumDisplay>): void => onDisplay({ ...display, ...change })
  return (
    <Popover
      label={t('desk.optionsOf', { plot: title })}
      className="button button-quiet"
      trigger={t('desk.options')}
      width={420}
    >
      <div className="plot-options">
        <Choice
          label={t('desk.lines')}
          value={settings.lines === null ? 'all' : String(settings.lines)}
          options={[
            ['all', t('desk.allLines')],
            ...plotLines.map((lines) => [String(lines), t('desk.linesCount', { count: lines })] as const),
          ]}
          onChange={(value) => set({ lines: value === 'all' ? null : Number(value) })}
        />
        {kind === 'spectrum' && <WindowChoice window={settings.window} onWindow={(window) => set({ window })} />}
        <AveragingChoice
          averaging={settings.averaging}
          disabled={settings.lines === null}
          onAveraging={(averaging) => set({ averaging })}
        />
        <Choice
          label={t('desk.overlap')}
          value={overlaps.find((overlap) => Number(overlap) === settings.overlap) ?? '0.5'}
          options={overlaps.map((overlap) => [overlap, `${Number(overlap) * 100} %`])}
          disabled={settings.lines === null}
          onChange={(overlap) => set({ overlap: Number(overlap) })}
        />
        {kind === 'envelope' && <BandChoice band={settings.bandHz} onBand={(bandHz) => set({ bandHz })} />}
        {kind === 'spectrum' && (
          <Choice
            label={t('desk.quantity')}
            value={display.quantity}
            options={displayQuantities.map((quantity) => [quantity, t(`desk.quantities.${quantity}`)])}
            onChange={(quantity) => show({ quantity })}
          />
        )}
        <HeightChoices display={display} onShow={show} />
        <Choice
          label={t('desk.axis')}
          value={display.axis}
          options={displayAxes.map((axis) => [axis, t(`desk.axes.${axis}`)])}
          onChange={(axis) => show({ axis })}
        />
        <label className="plot-check" title={t('desk.holdHint')}>
          <input type="checkbox" checked={hold} onChange={(event) => onHold(event.target.checked)} />
          {t('desk.hold')}
        </label>
        <label className="plot-check" title={t('desk.differenceHint')}>
          <input
            type="checkbox"
            checked={difference === true}
            disabled={difference === null}
            onChange={(event) => onDifference(event.target.checked)}
          />
          {t('desk.difference')}
        </label>
        <p className="muted">{t('desk.liveOptions')}</p>
      </div>
    </Popover>
  )
}

/** A preset, or two numbers; the engine refuses what lies beyond half the sample rate, and the plot says why. */
function BandChoice({
  band,
  onBand,
}: {
  band: readonly [number, number] | null
  onBand: (band: [number, number] | null) => void
}) {
  const words = ([low, high]: readonly [number, number]): string =>
    t('desk.bandWords', { low: formatNumber(low, 5), high: formatNumber(high, 5) })
  const preset =
    band === null ? 'auto' : bandPresets.findIndex(([low, high]) => low === band[0] && high === band[1]).toString()
  const [low, setLow] = useState(String(band?.[0] ?? 1000))
  const [high, setHigh] = useState(String(band?.[1] ?? 5000))
  const own: [number, number] = [Number(low), Number(high)]
  const valid = own.every(Number.isFinite) && own[0] >= 0 && own[1] > 0
  return (
    <>
      <Choice
        label={t('desk.band')}
        value={preset}
        options={[
          ['auto', t('desk.bandAuto')],
          ...bandPresets.map((one, i) => [String(i), words(one)] as const),
          ['-1', t('desk.bandOwn')],
        ]}
        onChange={(value) => {
          const [from, to] = bandPresets[Number(value)] ?? own
          onBand(value === 'auto' ? usualSettings.bandHz : [from, to])
        }}
      />
      {preset === '-1' && (
        <div className="plot-band">
          <Field label={t('desk.bandLow')}>
            {(ids) => (
              <input {...ids} inputMode="decimal" value={low} onChange={(event) => setLow(event.target.value)} />
            )}
          </Field>
          <Field label={t('desk.bandHigh')}>
            {(ids) => (
              <input {...ids} inputMode="decimal" value={high} onChange={(event) => setHigh(event.target.value)} />
            )}
          </Field>
          <Button disabled={!valid} onClick={() => onBand(own)}>
            {t('desk.save')}
          </Button>
        </div>
      )}
    </>
  )
}
