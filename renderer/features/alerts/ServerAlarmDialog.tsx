import { useState, type FormEvent } from 'react'
import type { ConditionAction } from '../../../shared/domain/condition.ts'
import type { ServerAlarmView } from '../../../shared/protocol/views.ts'
import { askServer, useAlertAction } from '../../stores/alert-actions.ts'
import { toast } from '../../stores/toasts.ts'
import { Button, Dialog, Field, PriorityMark, t } from '../../ui/index.ts'
import { ActionFailure } from './ActionState.tsx'
import { idOfAlarm } from './alert-rows.ts'

const minutesOffered = [15, 60, 240, 480] as const

interface ServerAlarmDialogProps {
  alarm: ServerAlarmView
  action: ConditionAction
  onClose: () => void
}

/** Says what is asked of which server; Enter asks. What came of it is shown by the event the server sends. */
export function ServerAlarmDialog({ alarm, action: asked, onClose }: ServerAlarmDialogProps) {
  const [comment, setComment] = useState('')
  const [minutes, setMinutes] = useState<number | 'once'>(minutesOffered[0])
  const [isSent, setIsSent] = useState(false)
  const id = idOfAlarm(alarm)
  const action = useAlertAction(id)
  const isPending = action?.phase === 'pending'
  const needsComment = asked === 'comment' && comment.trim() === ''
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (needsComment) return
    setIsSent(true)
    const wish = asked === 'shelve' && minutes === 'once' ? 'shelve-once' : asked
    if (!(await askServer(id, alarm.condition, wish, comment, minutes === 'once' ? 1 : minutes))) return
    toast('done', t('serverAlarm.sent', { server: alarm.serverName }))
    onClose()
  }
  return (
    <Dialog title={t(`serverAlarm.title.${asked}`)} onClose={onClose}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <p className="alert-line">
          <PriorityMark priority={alarm.priority} />
          <span>{t('alerts.ofMachine', { what: alarm.condition.message, machine: alarm.condition.sourceName })}</span>
        </p>
        <p className="muted">{t('serverAlarm.goesTo', { server: alarm.serverName })}</p>
        {asked === 'shelve' && <Duration minutes={minutes} onChange={setMinutes} />}
        <Field
          label={t('alerts.comment')}
          hint={t(asked === 'comment' ? 'serverAlarm.commentNeeded' : 'serverAlarm.commentHint')}
        >
          {(ids) => (
            <input
              {...ids}
              autoFocus
              maxLength={500}
              value={comment}
              onChange={(event) => setComment(event.target.value)}
            />
          )}
        </Field>
        {isSent && <ActionFailure action={action} />}
        <div className="dialog-actions">
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="primary" type="submit" busy={isPending} disabled={needsComment}>
            {isPending ? t('serverAlarm.asking') : t(`serverAlarm.action.${asked}`)}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function Duration({ minutes, onChange }: { minutes: number | 'once'; onChange: (minutes: number | 'once') => void }) {
  return (
    <fieldset className="shelve-times">
      <legend>{t('serverAlarm.forHowLong')}</legend>
      {[...minutesOffered, 'once' as const].map((choice) => (
        <label key={choice}>
          <input type="radio" name="minutes" checked={choice === minutes} onChange={() => onChange(choice)} />
          {choice === 'once'
            ? t('serverAlarm.once')
            : choice < 60
              ? t('serverAlarm.minutes', { minutes: choice })
              : t('serverAlarm.hours', { hours: choice / 60 })}
        </label>
      ))}
    </fieldset>
  )
}
