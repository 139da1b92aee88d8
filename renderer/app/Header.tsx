import { t } from '../ui/index.ts'

export function Header() {
  return <header className="app-header" data-region aria-label={t('header.label')} />
}
