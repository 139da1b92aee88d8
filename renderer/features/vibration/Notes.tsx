import { useState } from 'react'
import type { CaptureNote, NotePlot } from '../../../shared/domain/capture-note.ts'
import { bridge } from '../../bridge/bridge.ts'
import type { SpectrumCursorStore } from '../../charts/index.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { failureOf } from '../../stores/topic.ts'
import { toast } from '../../stores/toasts.ts'
import { Button, Dialog, Field, formatNumber, formatTime, t } from '../../ui/index.ts'

/** Where a note is about to be put. */
export interface NotePlace {
  plot: NotePlot
  at: number | null
  value: number | null
  unit: string
}

export async function putNote(captureId: string, place: NotePlace, kind: 'note' | 'mark', text: string): Promise<void> {
  await bridge.call('note.put', { captureId, note: { id: null, kind, ...place, text } })
}

function placeWords({ plot, at }: Pick<NotePlace, 'plot' | 'at'>): string {
  if (at === null) return t('desk.noteWhole')
  return t(plot === 'waveform' ? 'desk.noteAtS' : 'desk.noteAtHz', { at: formatNumber(at, 5) })
}

interface NotesProps {
  captureId: string
  notes: readonly CaptureNote[]
  cursor: SpectrumCursorStore
  onAdd: () => void
  onChanged: () => void
}

/** What was said of the open waveform and which peaks were marked; each leads to its place. */
export function Notes({ captureId, notes, cursor, onAdd, onChanged }: NotesProps) {
  const zone = useTimeZone()
  const go = ({ plot, at }: CaptureNote): void => {
    if (at !== null)
      cursor.setState(plot === 'waveform' ? { seconds: at } : { hz: at, harmonics: false, sidebandHz: null })
  }
  const remove = (note: CaptureNote): void => {
    bridge
      .call('note.remove', { captureId, noteId: note.id, reason: null })
      .then(onChanged, (error: unknown) => toast('failed', failureOf(error).message))
  }
  return (
    <section className="notes" aria-label={t('desk.notes')}>
      <header>
        <h2>{t('desk.notes')}</h2>
        <Button kind="quiet" title={t('desk.addNoteHint')} onClick={onAdd}>
          {t('desk.addNote')}
        </Button>
      </header>
      {notes.length === 0 && <p className="muted">{t('desk.noNotes')}</p>}
      <ul>
        {notes.map((note) => (
          <li key={note.id}>
            <button type="button" className="note-go" title={t('desk.noteGo')} onClick={() => go(note)}>
              <strong>{note.text === '' ? t('desk.mark') : note.text}</strong>
              <span className="muted">
                {placeWords(note)}
                {note.value !== null &&
                  ` · ${t('desk.markWords', { value: formatNumber(note.value, 4), unit: note.unit })}`}
              </span>
              <span className="muted">{t('desk.noteBy', { by: note.by, at: formatTime(note.atUs, zone) })}</span>
            </button>
            <Button kind="quiet" aria-label={t('desk.noteRemove', { text: note.text })} onClick={() => remove(note)}>
              {'\u00d7'}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  )
}

interface NoteDialogProps {
  captureId: string
  place: NotePlace
  onClose: () => void
  onChanged: () => void
}

export function NoteDialog({ captureId, place, onClose, onChanged }: NoteDialogProps) {
  const [text, setText] = useState('')
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<string | undefined>(undefined)
  const save = async (): Promise<void> => {
    if (text.trim() === '') {
      setFault(t('desk.noteEmpty'))
      return
    }
    setBusy(true)
    try {
      await putNote(captureId, place, 'note', text.trim())
      onChanged()
      onClose()
    } catch (error) {
      setFault(failureOf(error).message)
      setBusy(false)
    }
  }
  return (
    <Dialog
      title={t('desk.noteDialog')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('desk.cancel')}</Button>
          <Button kind="primary" busy={busy} onClick={() => void save()}>
            {t('desk.save')}
          </Button>
        </>
      }
    >
      <p>{t('desk.notePlace', { place: placeWords(place) })}</p>
      <Field label={t('desk.noteText')} hint={t('desk.noteKept')} fault={fault}>
        {(ids) => (
          <textarea {...ids} rows={3} maxLength={500} value={text} onChange={(event) => setText(event.target.value)} />
        )}
      </Field>
    </Dialog>
  )
}
