import { plotAveragings, plotWindows, type PlotAveraging, type PlotWindow } from '../../../shared/protocol/plots.ts'
import { displayAmplitudes, displayScales, type SpectrumDisplay } from '../../charts/index.ts'
import { t } from '../../ui/index.ts'
import { Choice } from './Choice.tsx'

export function WindowChoice({ window, onWindow }: { window: PlotWindow; onWindow: (window: PlotWindow) => void }) {
  return (
    <Choice
      label={t('desk.window')}
      value={window}
      options={plotWindows.map((one) => [one, t(`desk.windows.${one}`)])}
      onChange={onWindow}
    />
  )
}

interface AveragingChoiceProps {
  averaging: PlotAveraging
  onAveraging: (averaging: PlotAveraging) => void
  disabled?: boolean
}

export function AveragingChoice({ averaging, onAveraging, disabled = false }: AveragingChoiceProps) {
  return (
    <Choice
      label={t('desk.averaging')}
      value={averaging}
      options={plotAveragings.map((one) => [one, t(`desk.averagings.${one}`)])}
      disabled={disabled}
      onChange={onAveraging}
    />
  )
}

interface HeightChoicesProps {
  display: SpectrumDisplay
  onShow: (change: Partial<SpectrumDisplay>) => void
}

/** How the height of a line is read, whatever it stands over. */
export function HeightChoices({ display, onShow }: HeightChoicesProps) {
  return (
    <>
      <Choice
        label={t('desk.amplitude')}
        value={display.amplitude}
        options={displayAmplitudes.map((amplitude) => [amplitude, t(`desk.amplitudes.${amplitude}`)])}
        onChange={(amplitude) => onShow({ amplitude })}
      />
      <Choice
        label={t('desk.scale')}
        value={display.scale}
        options={displayScales.map((scale) => [scale, t(`desk.scales.${scale}`)])}
        onChange={(scale) => onShow({ scale })}
      />
    </>
  )
}
