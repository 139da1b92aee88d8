import { setTheme, themeChoices, useTheme } from '../../stores/theme.ts'
import { t } from '../../ui/index.ts'
import { Choice, Panel } from '../../ui/Page.tsx'

export function Appearance() {
  const { choice } = useTheme()
  return (
    <Panel title={t('settings.theme')}>
      <Choice
        label={t('settings.theme')}
        value={choice}
        options={themeChoices.map((value) => ({ value, label: t(`settings.themes.${value}`) }))}
        onChange={setTheme}
      />
      <p className="muted settings-note">{t('settings.themeNote')}</p>
    </Panel>
  )
}
