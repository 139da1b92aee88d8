import { useEffect, useRef, useState } from 'react'
import { connectionSteps, type DoctorStep } from '../../../shared/domain/doctor.ts'
import type { Failure } from '../../../shared/domain/problem.ts'
import type { MethodParams } from '../../../shared/protocol/methods.ts'
import { bridge } from '../../bridge/bridge.ts'
import { navigate } from '../../stores/router.ts'
import { failureOf } from '../../stores/topic.ts'
import { Button, Dialog, t } from '../../ui/index.ts'
import { doctorRows, doctorVerdict, type DoctorRow } from './doctor-rows.ts'

interface ConnectionDoctorProps {
  /** A server of the plant file, or an address that may be of none. */
  subject: MethodParams<'doctor.start'>
  name: string
  onClose: () => void
}

interface Progress {
  /** Which asking it belongs to. */
  round: number
  steps: readonly DoctorStep[]
  done: boolean
}

const notBegun: Progress = { round: 0, steps: [], done: false }

/** One run from start to end; leaving ends it in the engine as well. */
function useCheck(subject: MethodParams<'doctor.start'>, round: number) {
  const [progress, setProgress] = useState(notBegun)
  const [failure, setFailure] = useState<Failure | null>(null)
  const serverId = 'serverId' in subject ? subject.serverId : null
  const endpointUrl = 'endpointUrl' in subject ? subject.endpointUrl : ''
  useEffect(() => {
    const over = new AbortController()
    let runId: string | null = null
    const follow = async (): Promise<void> => {
      setProgress({ ...notBegun, round })
      setFailure(null)
      try {
        const started = await bridge.call('doctor.start', serverId === null ? { endpointUrl } : { serverId })
        runId = started.runId
        for (let known = 0; !over.signal.aborted;) {
          const next = await bridge.call('doctor.read', { runId, known })
          if (over.signal.aborted) return
          setProgress({ ...next, round })
          known = next.steps.length
          if (next.done) return
        }
      } catch (error) {
        if (!over.signal.aborted) setFailure(failureOf(error))
      }
    }
    void follow()
    return () => {
      over.abort()
      if (runId !== null) bridge.call('doctor.stop', { runId }).catch(() => undefined)
    }
  }, [serverId, endpointUrl, round])
  return { progress, failure }
}

/** The way to a server, step by step, as it is walked; where it ends, what that means and what to do. */
export function ConnectionDoctor({ subject, name, onClose }: ConnectionDoctorProps) {
  const [round, setRound] = useState(0)
  const { progress, failure } = useCheck(subject, round)
  const rows = doctorRows(progress.steps, progress.done || failure !== null)
  const verdict = doctorVerdict(progress.steps, progress.done)
  const isRunning = !progress.done && failure === null
  return (
    <Dialog
      title={t('doctor.title', { name })}
      width={720}
      onClose={onClose}
      actions={
        <>
          {verdict?.step === 'certificate' && (
            <Button onClick={() => navigate({ page: 'settings', section: trustSection(subject) })}>
              {t('doctor.certificates')}
            </Button>
          )}
          <Button busy={isRunning} onClick={() => setRound((count) => count + 1)}>
            {isRunning ? t('doctor.running') : t('doctor.again')}
          </Button>
          <Button kind="primary" onClick={onClose}>
            {t('action.close')}
          </Button>
        </>
      }
    >
      <p role="status" className="doctor-verdict">
        {verdict === null
          ? t('doctor.progress', { done: progress.steps.length, all: connectionSteps.length })
          : verdict.step === null
            ? t('doctor.well')
            : t('doctor.firstFault', { step: t(`doctor.step.${verdict.step}`) })}
      </p>
      {failure && (
        <p className="field-fault" role="alert">
          {failure.message} {failure.remedy ?? ''}
        </p>
      )}
      {/* Long lists scroll by the keyboard as well. */}
      <ol className="doctor-steps" tabIndex={0} aria-label={t('doctor.steps')}>
        {rows.map((row) => (
          <StepRow key={row.name} row={row} isVerdict={verdict !== null && verdict.step === row.name} />
        ))}
      </ol>
    </Dialog>
  )
}

/** Where the certificate can be decided on. */
function trustSection(subject: MethodParams<'doctor.start'>): string {
  return 'serverId' in subject ? `server:${subject.serverId}` : 'certificates'
}

/** The first step that failed comes into view and takes the focus: that is what the check was for. */
function StepRow({ row, isVerdict }: { row: DoctorRow; isVerdict: boolean }) {
  const { name, state, step } = row
  const item = useRef<HTMLLIElement | null>(null)
  useEffect(() => {
    if (!isVerdict) return
    item.current?.scrollIntoView({ block: 'nearest' })
    item.current?.focus({ preventScroll: true })
  }, [isVerdict])
  return (
    <li
      ref={item}
      tabIndex={isVerdict ? -1 : undefined}
      className={`doctor-step ${state}`}
      aria-current={state === 'running' || isVerdict ? 'step' : undefined}
    >
      <StepMark state={state} />
      <div>
        <div className="doctor-line">
          <strong>{t(`doctor.step.${name}`)}</strong>
          <span className="small muted">{t(`doctor.state.${state}`)}</span>
          {step !== null && step.result !== 'skipped' && (
            <span className="small muted doctor-took">{t('doctor.took', { ms: step.tookMs })}</span>
          )}
        </div>
        {step !== null && <div className={step.result === 'skipped' ? 'small muted' : 'selectable'}>{step.detail}</div>}
        {step?.result === 'fail' && <p className="small">{step.meaning}</p>}
        {step !== null && step.remedy !== null && (
          <p className="doctor-remedy">
            <strong>{t('doctor.remedy')}</strong> {step.remedy}
          </p>
        )}
      </div>
    </li>
  )
}

/** Shape before colour: a tick, a triangle, a dash, a dot, an empty ring. */
function StepMark({ state }: { state: DoctorRow['state'] }) {
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden className="doctor-mark">
      {state === 'pass' && <path d="M3 8.5l3.5 3.5L13 4.5" fill="none" stroke="currentColor" strokeWidth="2" />}
      {state === 'fail' && (
        <path d="M8 1.5L15 14H1zM8 6v4M8 11.5v1.2" fill="none" stroke="currentColor" strokeWidth="1.6" />
      )}
      {state === 'skipped' && <path d="M4 8h8" stroke="currentColor" strokeWidth="2" />}
      {state === 'running' && <circle cx="8" cy="8" r="4" fill="currentColor" />}
      {state === 'waiting' && <circle cx="8" cy="8" r="4" fill="none" stroke="currentColor" strokeWidth="1.4" />}
    </svg>
  )
}
