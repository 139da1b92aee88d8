import type { Analysis, Finding, FindingLine, Verdict } from '../../../shared/domain/analysis.ts'
import type { SpectrumCursorStore } from '../../charts/index.ts'
import { useCall } from '../../stores/topic.ts'
import { formatNumber, t } from '../../ui/index.ts'

interface DiagnosisProps {
  captureId: string
  cursor: SpectrumCursorStore
}

/** What the physics says of the open waveform: verdict, zone, and each fault with the lines it has and lacks. */
export function Diagnosis({ captureId, cursor }: DiagnosisProps) {
  const { value, failure } = useCall('capture.diagnose', { captureId })
  const go = (hz: number): void => cursor.setState({ hz, harmonics: false, sidebandHz: null })
  return (
    <section className="diagnosis" aria-label={t('diagnosis.label')} aria-busy={!value && !failure}>
      <h2>{t('diagnosis.label')}</h2>
      {failure && <p className="muted">{failure.message}</p>}
      {!value && !failure && <p className="muted">{t('diagnosis.working')}</p>}
      {value && value.captureId === captureId && <Said analysis={value.analysis} onGo={go} />}
    </section>
  )
}

const verdictWords = (verdict: Verdict): string => t(`verdict.${verdict}`)

function Said({ analysis, onGo }: { analysis: Analysis; onGo: (hz: number) => void }) {
  const { verdict, confidence, findings, refused } = analysis.diagnosis
  const shown = findings.filter(({ state }) => state === 'found' || state === 'possible')
  return (
    <>
      <p className={`diagnosis-verdict verdict-${verdict}`}>
        <strong>{verdictWords(verdict)}</strong>
        {confidence !== null && shown[0]?.state === 'found' && (
          <span title={t('diagnosis.byChanceHint')}>
            {t('diagnosis.byChance', { probability: formatNumber(1 - confidence, 2) })}
          </span>
        )}
      </p>
      <Severity analysis={analysis} />
      {refused && <p className="muted">{t('diagnosis.refused', { reason: refused.reason, remedy: refused.remedy })}</p>}
      {analysis.signalQuality.map(({ fault, detail }) => (
        <p key={`${fault} ${detail}`}>{t('diagnosis.signal', { fault: t(`signalFault.${fault}`), detail })}</p>
      ))}
      {shown.map((finding) => (
        <Found key={`${finding.fault} ${finding.component ?? ''}`} finding={finding} unit={analysis.unit} onGo={onGo} />
      ))}
      <Rest title={t('diagnosis.absent')} findings={findings.filter(({ state }) => state === 'absent')} />
      <Rest title={t('diagnosis.notJudged')} findings={findings.filter(({ state }) => state === 'not-judged')} />
    </>
  )
}

function Severity({ analysis }: { analysis: Analysis }) {
  const { severity } = analysis.diagnosis
  if (severity.zone === null)
    return severity.refused && <p className="muted">{t('diagnosis.noZone', { reason: severity.refused.reason })}</p>
  return (
    <p title={severity.provenance}>
      {t('diagnosis.zone', {
        zone: severity.zone,
        velocity: formatNumber(severity.velocityMmS ?? 0, 3),
        standard: severity.standard,
        edition: severity.edition,
      })}
    </p>
  )
}

function Found({ finding, unit, onGo }: { finding: Finding; unit: string; onGo: (hz: number) => void }) {
  const { fault, state, component, why, lines } = finding
  return (
    <div className="finding">
      <h3>
        {component === null ? verdictWords(fault) : `${verdictWords(fault)} · ${component}`}
        <span className="finding-word">{t(`findingState.${state}`)}</span>
      </h3>
      <p className="muted">{why}</p>
      <ul className="diagnosis-lines">
        {lines.map((line) => (
          <Line key={line.words} line={line} unit={unit} onGo={onGo} />
        ))}
      </ul>
    </div>
  )
}

function levelOf({ velocityMmS, amplitude }: FindingLine, unit: string): string {
  if (velocityMmS !== null) return t('diagnosis.velocity', { value: formatNumber(velocityMmS, 3) })
  return amplitude === null ? '' : t('findings.amplitude', { value: formatNumber(amplitude, 3), unit })
}

function Line({ line, unit, onGo }: { line: FindingLine; unit: string; onGo: (hz: number) => void }) {
  const { words, matched, expectedHz, foundHz, snrDb } = line
  return (
    <li>
      <button
        type="button"
        className={matched ? 'found' : 'missing'}
        title={t('findings.go')}
        onClick={() => onGo(foundHz ?? expectedHz)}
      >
        <span>{words}</span>
        <span>{matched ? levelOf(line, unit) : t('findings.missing')}</span>
        <span>{t('findings.snr', { db: Math.round(snrDb) })}</span>
      </button>
    </li>
  )
}

/** What was looked for and is not there, or could not be judged: out of the way, but never hidden. */
function Rest({ title, findings }: { title: string; findings: readonly Finding[] }) {
  if (findings.length === 0) return null
  return (
    <details className="diagnosis-rest">
      <summary>{t('diagnosis.rest', { title, count: findings.length })}</summary>
      <ul>
        {findings.map(({ fault, component, why }) => (
          <li key={`${fault} ${component ?? ''}`}>
            <strong>{component === null ? verdictWords(fault) : `${verdictWords(fault)} · ${component}`}</strong>
            <span className="muted">{why}</span>
          </li>
        ))}
      </ul>
    </details>
  )
}
