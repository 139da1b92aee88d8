import type { ReactNode } from 'react'
import type { SpectrumFrame } from '../../../shared/protocol/views.ts'
import type { FrameSource } from '../../bridge/frame-source.ts'
import { isFound, type LineMark, type SpectrumCursorStore } from '../../charts/index.ts'
import { useFeed } from '../../stores/feeds.ts'
import { useSlowly } from '../../stores/frame-source.ts'
import { navigate } from '../../stores/router.ts'
import { Age, Button, formatNumber, PriorityMark, t, tMaybe } from '../../ui/index.ts'
import { findingsOf, shaftLinesOf, type Finding } from './findings.ts'

interface FindingsProps {
  assetId: string
  pointId: string
  /** Machine and point in words. */
  title: string
  envelope: FrameSource<SpectrumFrame>
  spectrum: FrameSource<SpectrumFrame>
  cursor: SpectrumCursorStore
  /** The verdict: before what it rests on. */
  verdict?: ReactNode
  /** What stands below the findings. */
  children?: ReactNode
}

/** More would push the findings themselves out of sight; the rest is one click away. */
const shownAlerts = 2

const whole = (frame: SpectrumFrame | null): SpectrumFrame | null => frame

/** What the analyser found at the fault frequencies, in words and numbers; each line moves the cursor there. */
export function Findings({ assetId, pointId, title, envelope, spectrum, cursor, verdict, children }: FindingsProps) {
  const envelopeFrame = useSlowly(envelope, whole)
  const spectrumFrame = useSlowly(spectrum, whole)
  const findings = findingsOf(envelopeFrame)
  const shaft = shaftLinesOf(spectrumFrame)
  const go = (hz: number): void => cursor.setState({ hz, harmonics: false, sidebandHz: null })
  return (
    <aside className="findings" data-region aria-label={t('findings.label')}>
      <OpenAlerts assetId={assetId} pointId={pointId} />
      <header>
        <h2>{t('findings.label')}</h2>
        <p>{title}</p>
      </header>
      {verdict}
      {envelopeFrame && <Basis frame={envelopeFrame} />}
      {envelopeFrame && findings.length === 0 && (
        <p className="muted">{t(envelopeFrame.rpm === null ? 'findings.noSpeed' : 'findings.noBearing')}</p>
      )}
      {findings.map((finding) => (
        <Family key={finding.fault} finding={finding} unit={envelopeFrame?.unit ?? ''} cursor={cursor} onGo={go} />
      ))}
      {shaft.length > 0 && (
        <section className="finding">
          <h3>{t('findings.shaft')}</h3>
          <Lines marks={shaft} unit={spectrumFrame?.unit ?? ''} onGo={go} />
        </section>
      )}
      {children}
    </aside>
  )
}

function Basis({ frame }: { frame: SpectrumFrame }) {
  const { rpm, bandHz } = frame
  return (
    <p className="muted">
      {rpm === null ? t('plot.noSpeed') : t('plot.rpm', { rpm: Math.round(rpm) })}
      {bandHz && ` · ${t('findings.band', { low: formatNumber(bandHz[0], 3), high: formatNumber(bandHz[1], 3) })}`}
    </p>
  )
}

function Family({
  finding,
  unit,
  cursor,
  onGo,
}: {
  finding: Finding
  unit: string
  cursor: SpectrumCursorStore
  onGo: (hz: number) => void
}) {
  const { fault, strength, marks, found } = finding
  return (
    <section
      className={`finding strength-${strength}`}
      onPointerEnter={() => cursor.setState({ hovered: fault })}
      onPointerLeave={() => cursor.setState({ hovered: null })}
    >
      <h3>
        {tMaybe(`faultName.${fault}`, fault)}
        <span className="finding-word">{t(`strength.${strength}`)}</span>
      </h3>
      <p className="muted">{t('findings.lines', { found, count: marks.length })}</p>
      {strength !== 'none' && strength !== 'faint' && <Lines marks={marks} unit={unit} onGo={onGo} />}
    </section>
  )
}

/** Noise alone reads 6 to 14 dB against the local median; a line between is there, but proves nothing. */
const faintSnrDb = 9

function Lines({ marks, unit, onGo }: { marks: readonly LineMark[]; unit: string; onGo: (hz: number) => void }) {
  return (
    <ul className="finding-lines">
      {marks.map((mark) => (
        <li key={mark.harmonic}>
          <button
            type="button"
            className={isFound(mark) ? 'found' : 'missing'}
            title={t('findings.go')}
            onClick={() => onGo(isFound(mark) ? mark.foundHz : mark.hz)}
          >
            <span>{t('findings.harmonic', { n: mark.harmonic })}</span>
            <span>{t('findings.hz', { hz: formatNumber(isFound(mark) ? mark.foundHz : mark.hz, 4) })}</span>
            <span>
              {isFound(mark)
                ? t('findings.amplitude', { value: formatNumber(mark.amplitude, 3), unit })
                : t((mark.snrDb ?? 0) >= faintSnrDb ? 'findings.faint' : 'findings.missing')}
            </span>
            <span>{mark.snrDb === null ? '' : t('findings.snr', { db: Math.round(mark.snrDb) })}</span>
          </button>
        </li>
      ))}
    </ul>
  )
}

function OpenAlerts({ assetId, pointId }: { assetId: string; pointId: string }) {
  const open = useFeed((feeds) => feeds.alerts?.open)
  const mine = (open ?? []).filter((view) => view.occurrence.assetId === assetId)
  if (mine.length === 0) return null
  const own = mine.filter((view) => view.occurrence.pointId === pointId)
  const shown = [...own, ...mine.filter((view) => !own.includes(view))].slice(0, shownAlerts)
  return (
    <section className="finding-alerts" aria-label={t('findings.alerts')}>
      {shown.map(({ occurrence }) => (
        <Button
          key={occurrence.id}
          title={occurrence.contract.meaning}
          onClick={() => navigate({ page: 'alerts', occurrenceId: occurrence.id })}
        >
          <PriorityMark priority={occurrence.priority} flashing={occurrence.state === 'unacknowledged'} />
          <span>{occurrence.contract.meaning}</span>
          <Age tUs={occurrence.raisedUs} />
        </Button>
      ))}
      {mine.length > shown.length && (
        <Button kind="quiet" onClick={() => navigate({ page: 'alerts' })}>
          {t('findings.moreAlerts', { count: mine.length - shown.length })}
        </Button>
      )}
    </section>
  )
}
