import { Switch as Base } from '@base-ui/react/switch'
import { useId } from 'react'
import field from './Field.module.css'
import styles from './Switch.module.css'

interface SwitchProps {
  label: string
  note?: string
  checked: boolean
  onChange: (checked: boolean) => void
}

/** On or off, at once. */
export function Switch({ label, note, checked, onChange }: SwitchProps) {
  const id = useId()
  return (
    <div className={styles.row}>
      <div className={styles.words}>
        <span id={id} className={styles.label}>
          {label}
        </span>
        {note && (
          <span id={`${id}-note`} className={field.note}>
            {note}
          </span>
        )}
      </div>
      <Base.Root
        className={styles.switch}
        checked={checked}
        onCheckedChange={onChange}
        aria-labelledby={id}
        aria-describedby={note ? `${id}-note` : undefined}
      >
        <Base.Thumb className={styles.thumb} />
      </Base.Root>
    </div>
  )
}
