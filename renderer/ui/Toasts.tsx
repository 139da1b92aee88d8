import { dismissToast, useToasts } from '../stores/toasts.ts'
import { Button } from './Button.tsx'
import { t } from './text.ts'

export function Toasts() {
  const toasts = useToasts()
  return (
    <div className="toasts" role="status" aria-live="polite">
      {toasts.map(({ id, kind, message }) => (
        <div key={id} className={`toast toast-${kind}`}>
          <span className="toast-kind">{t(`toast.${kind}`)}</span>
          <span className="selectable">{message}</span>
          <Button kind="quiet" aria-label={t('action.dismiss')} onClick={() => dismissToast(id)}>
            {t('symbol.close')}
          </Button>
        </div>
      ))}
    </div>
  )
}
