import type { ButtonHTMLAttributes, ReactNode } from 'react'

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** `primary`: the one action the page is for. `quiet`: no border, for toolbars. */
  kind?: 'primary' | 'plain' | 'quiet'
  /** Under way: cannot be pressed again and says so to a screen reader. */
  busy?: boolean
  children: ReactNode
}

export function Button({ kind = 'plain', busy = false, className = '', children, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={`button button-${kind} ${className}`}
      disabled={disabled === true || busy}
      aria-busy={busy}
    >
      {children}
    </button>
  )
}
