import { Select as Base } from '@base-ui/react/select'
import { Check, ChevronsUpDown } from 'lucide-react'
import field from './Field.module.css'
import styles from './Popup.module.css'

export interface Choice<T extends string> {
  value: T
  label: string
}

interface SelectProps<T extends string> {
  label: string
  value: T
  choices: readonly Choice<T>[]
  onChange: (value: T) => void
}

/** One of a few. */
export function Select<T extends string>({ label, value, choices, onChange }: SelectProps<T>) {
  return (
    <Base.Root
      value={value}
      items={choices as Choice<T>[]}
      onValueChange={(next) => {
        if (next !== null) onChange(next as T)
      }}
    >
      <div className={field.field}>
        <Base.Label className={field.label}>{label}</Base.Label>
        <Base.Trigger className={styles.selectTrigger}>
          <Base.Value />
          <Base.Icon>
            <ChevronsUpDown size={16} aria-hidden />
          </Base.Icon>
        </Base.Trigger>
      </div>
      <Base.Portal>
        <Base.Positioner sideOffset={6} alignItemWithTrigger={false} className={styles.positioner}>
          <Base.Popup className={styles.menu}>
            <Base.List>
              {choices.map((choice) => (
                <Base.Item key={choice.value} value={choice.value} className={styles.item}>
                  <Base.ItemText>{choice.label}</Base.ItemText>
                  <Base.ItemIndicator className={styles.check}>
                    <Check size={16} aria-hidden />
                  </Base.ItemIndicator>
                </Base.Item>
              ))}
            </Base.List>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
