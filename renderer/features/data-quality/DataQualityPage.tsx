import { useState } from 'react'
import { usFromIso } from '../../../shared/domain/time.ts'
import type { QualitySummary, QualityView } from '../../../shared/protocol/quality.ts'
import { bridge } from '../../bridge/bridge.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { navigate, type Route } from '../../stores/router.ts'
import { toast } from '../../stores/toasts.ts'
import { failureOf, useCall } from '../../stores/topic.ts'
import { Button, Empty, ErrorPane, formatPercent, formatSpan, Skeleton, t, Tabs } from '../../ui/index.ts'
import { Choice, Page } from '../../ui/Page.tsx'
import { Exceptions } from './Exceptions.tsx'
import { GateMark } from './GateMark.tsx'
import { MappingTab } from './mapping/MappingTab.tsx'
import { QualityBoard } from './QualityBoard.tsx'
import { scoreText, shareText } from './words.ts'
import './data-quality.css'

const spans = { day: 1, week: 7, month: 30 } as const
type SpanName = keyof typeof spans
const spanNames = Object.keys(spans) as SpanName[]

/** Progress is worth a look a second; a report changes with the next audit only, which another window may ask for. */
const runningMs = 1000
const restingMs = 15_000

/** The audit of what tags delivered, and the evidence that they are what they say. */
export function DataQualityPage({ route }: { route: Extract<Route, { page: 'quality' }> }) {
  const audit = useAudit()
  const isMapping = route.view === 'mapping'
  return (
    <Page
      title={t('dataQuality.title')}
      subtitle={t(isMapping ? 'mapping.subtitle' : 'dataQuality.subtitle')}
      tools={isMapping ? undefined : <AuditTools audit={audit} />}
      layout="fixed"
      className="quality"
    >
      <Tabs
        label={t('mapping.views')}
        value={route.view ?? 'audit'}
        onChange={(view) => navigate(view === 'mapping' ? { page: 'quality', view } : { page: 'quality' })}
        tabs={[
          { id: 'audit', label: t('mapping.auditTab'), content: <Audit audit={audit} route={route} /> },
          { id: 'mapping', label: t('mapping.tab'), content: <MappingTab /> },
        ]}
      />
    </Page>
  )
}

type AuditState = ReturnType<typeof useAudit>

function useAudit() {
  const [isRunning, setIsRunning] = useState(false)
  const { value, failure, again } = useCall('quality.read', {}, isRunning ? runningMs : restingMs)
  if (value && isRunning !== (value.running !== null)) setIsRunning(value.running !== null)
  const [span, setSpan] = useState<SpanName>('week')
  const ask = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      toast('failed', failureOf(error).message)
    }
    again()
  }
  const begin = (): void => {
    const toUs = Date.now() * 1000
    void ask(() => bridge.call('quality.start', { fromUs: toUs - spans[span] * 86_400e6, toUs }))
  }
  const cancel = (): void => void ask(() => bridge.call('quality.cancel', {}))
  return { value, failure, again, isRunning, span, setSpan, begin, cancel }
}

function AuditTools({ audit: { span, setSpan, isRunning, begin } }: { audit: AuditState }) {
  return (
    <>
      <Choice
        label={t('dataQuality.span.label')}
        value={span}
        options={spanNames.map((name) => ({ value: name, label: t(`dataQuality.span.${name}`) }))}
        onChange={setSpan}
      />
      <Button kind="primary" busy={isRunning} onClick={begin}>
        {t('dataQuality.begin')}
      </Button>
    </>
  )
}

/** What each tag delivered of what its contract promises, worst first. */
function Audit({ audit, route }: { audit: AuditState; route: Extract<Route, { page: 'quality' }> }) {
  const { value, failure, again, begin, cancel } = audit
  return (
    <div className="quality-audit">
      {failure && !value && <ErrorPane title={t('dataQuality.failed')} failure={failure} onRetry={again} />}
      {!value && !failure && <Skeleton rows={8} label={t('dataQuality.loading')} />}
      {value && <Progress view={value} onCancel={cancel} />}
      {value?.failure != null && (
        <ErrorPane
          title={t('dataQuality.notMade')}
          failure={{ code: 'audit', message: value.failure, retryable: true }}
          onRetry={begin}
        />
      )}
      {value && !value.report && !value.running && value.failure === null && (
        <Empty title={t('dataQuality.none')} next={t('dataQuality.noneNext')}>
          <Button kind="primary" onClick={begin}>
            {t('dataQuality.begin')}
          </Button>
        </Empty>
      )}
      {value?.report && <Report report={value.report} route={route} />}
    </div>
  )
}

function Progress({ view: { running }, onCancel }: { view: QualityView; onCancel: () => void }) {
  if (!running) return null
  const share = running.total === 0 ? 0 : running.done / running.total
  return (
    <div className="quality-running" role="status">
      <span>
        {t('dataQuality.running', { done: running.done, total: running.total })} {formatPercent(share)}
      </span>
      <progress value={share} max={1} aria-label={t('dataQuality.begin')} />
      <Button onClick={onCancel}>{t('dataQuality.cancel')}</Button>
    </div>
  )
}

function Report({ report, route }: { report: QualitySummary; route: Extract<Route, { page: 'quality' }> }) {
  const zone = useTimeZone()
  const { plant, gate } = report
  return (
    <>
      <div className={`quality-summary gate-${gate.state}`} role="status" aria-label={t('dataQuality.summary')}>
        <GateMark gate={gate.state} />
        <span>{t('dataQuality.gateWords', { failing: gate.failing, judged: plant.judged })}</span>
        {gate.excepted > 0 && <span>{t('dataQuality.gateExcepted', { count: gate.excepted })}</span>}
        <span>{t('dataQuality.plantScore', { score: scoreText(plant.score) })}</span>
        <span>{t('dataQuality.plantCompleteness', { share: shareText(plant.completeness) })}</span>
        <span>{t('dataQuality.plantMapping', { share: shareText(plant.mappingVerified) })}</span>
        <span className="muted quality-window">
          {t('dataQuality.when', formatSpan(usFromIso(report.from), usFromIso(report.to), zone))}
        </span>
      </div>
      <QualityBoard
        report={report}
        level={route.level ?? 'lines'}
        within={route.within ?? null}
        onGo={(level, within) => navigate({ page: 'quality', level, ...(within === null ? {} : { within }) })}
      />
      <Exceptions exceptions={report.exceptions} />
    </>
  )
}
