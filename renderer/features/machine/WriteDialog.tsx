import { useState, type FormEvent } from 'react'
import type { Point } from '../../../shared/domain/plant-file.ts'
import type { PreparedWriteView, WriteResultView } from '../../../shared/protocol/writes.ts'
import { bridge } from '../../bridge/bridge.ts'
import { useAccess } from '../../stores/access.ts'
import { useAttempt } from '../../stores/attempt.ts'
import { useNowUs } from '../../stores/clock.ts'
import { Button, Dialog, Field, formatNumber, Refusal, t } from '../../ui/index.ts'
import { Facts } from '../../ui/Page.tsx'

/** Offered only where the desk's rules and the point's allow it; the engine decides again at each step. */
export function useMayWrite(point: Point | undefined): boolean {
  const frame = useAccess()
  const held = frame?.person?.roles ?? []
  const allowed = point?.write?.roles ?? []
  return frame?.allowed.includes('point.write') === true && allowed.some((role) => held.includes(role))
}

/** `untilUs`: by this window's clock; the engine judges by its own. */
type Shown = PreparedWriteView & { untilUs: number }

interface WriteDialogProps {
  point: Point
  name: string
  onClose: () => void
}

/** Two steps: the value is asked for and shown beside the present one; typed once more it is sent, once. */
export function WriteDialog({ point, name, onClose }: WriteDialogProps) {
  const [prepared, setPrepared] = useState<Shown | null>(null)
  const [result, setResult] = useState<WriteResultView | null>(null)
  const close = (): void => {
    // What is left open is void by itself when its time is over; this only says so earlier.
    if (prepared && !result) bridge.call('write.cancel', {}).catch(() => undefined)
    onClose()
  }
  return (
    <Dialog title={t('write.title', { name })} onClose={close} width={520}>
      {result ? (
        <Outcome result={result} onClose={onClose} />
      ) : prepared ? (
        <Confirm prepared={prepared} onResult={setResult} onAgain={() => setPrepared(null)} onClose={close} />
      ) : (
        <Prepare point={point} onPrepared={setPrepared} onClose={close} />
      )}
    </Dialog>
  )
}

function Prepare({
  point,
  onPrepared,
  onClose,
}: {
  point: Point
  onPrepared: (prepared: Shown) => void
  onClose: () => void
}) {
  const [value, setValue] = useState('')
  const { failure, isBusy, run } = useAttempt()
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    void run(async () => {
      const view = await bridge.call('write.prepare', { pointId: point.id, value })
      onPrepared({ ...view, untilUs: (Date.now() + view.confirmWithinS * 1000) * 1000 })
    })
  }
  const [low, high] = point.write?.range ?? [0, 0]
  return (
    <form className="stack" onSubmit={submit}>
      <Field label={t('write.value')} hint={t('write.range', { low, high, unit: point.contract?.unit ?? '' })}>
        {(ids) => (
          <input
            {...ids}
            autoFocus
            autoComplete="off"
            maxLength={64}
            value={value}
            onChange={(event) => setValue(event.target.value)}
          />
        )}
      </Field>
      <Refusal failure={failure} />
      <div className="dialog-actions">
        <Button onClick={onClose}>{t('action.cancel')}</Button>
        <Button kind="primary" type="submit" busy={isBusy} disabled={value.trim() === ''}>
          {t('write.prepare')}
        </Button>
      </div>
    </form>
  )
}

/** What the server holds has up to 17 digits; the tooltip has them all, and the engine compares them all. */
const shortly = (value: string): string =>
  value.includes('.') && value.length > 9 ? formatNumber(Number(value), 6) : value

interface ConfirmProps {
  prepared: Shown
  onResult: (result: WriteResultView) => void
  onAgain: () => void
  onClose: () => void
}

function Confirm({ prepared, onResult, onAgain, onClose }: ConfirmProps) {
  const { token, before, after, unit, dataType, nodeId, serverId } = prepared
  const [typed, setTyped] = useState('')
  const leftS = Math.max(0, Math.ceil((prepared.untilUs - useNowUs()) / 1e6))
  const { failure, isBusy, run } = useAttempt()
  const isOver = leftS <= 0 || failure?.code === 'write-void' || failure?.code === 'write-failed'
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    void run(async () => onResult(await bridge.call('write.confirm', { token, value: typed.trim() })))
  }
  return (
    <form className="stack" onSubmit={submit}>
      <p className="write-change" aria-live="polite">
        <span title={before}>{t('write.valueOf', { value: shortly(before), unit })}</span>
        <span aria-hidden>{t('symbol.step')}</span>
        <strong>{t('write.valueOf', { value: after, unit })}</strong>
      </p>
      <Facts
        facts={[
          { label: t('write.server'), value: serverId },
          { label: t('write.node'), value: <code>{nodeId}</code> },
          { label: t('write.type'), value: dataType },
        ]}
      />
      <Field
        label={t('write.again', { value: after })}
        hint={isOver ? t('write.over') : t('write.left', { count: leftS })}
      >
        {(ids) => (
          <input
            {...ids}
            autoFocus
            autoComplete="off"
            maxLength={64}
            disabled={isOver}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        )}
      </Field>
      <Refusal failure={failure} />
      <div className="dialog-actions">
        <Button onClick={onClose}>{t('action.cancel')}</Button>
        {isOver ? (
          <Button kind="primary" onClick={onAgain}>
            {t('write.anew')}
          </Button>
        ) : (
          <Button kind="primary" type="submit" busy={isBusy} disabled={typed.trim() !== after}>
            {t('write.confirm')}
          </Button>
        )}
      </div>
    </form>
  )
}

function Outcome({ result, onClose }: { result: WriteResultView; onClose: () => void }) {
  return (
    <div className="stack">
      <p role={result.state === 'done' ? 'status' : 'alert'} className={result.state === 'done' ? '' : 'field-fault'}>
        {result.message}
      </p>
      {result.readBack !== null && <p className="muted">{t('write.readBack', { value: result.readBack })}</p>}
      <div className="dialog-actions">
        <Button kind="primary" autoFocus onClick={onClose}>
          {t('action.close')}
        </Button>
      </div>
    </div>
  )
}
