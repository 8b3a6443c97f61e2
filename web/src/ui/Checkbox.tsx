import { Checkbox as Base } from '@base-ui/react/checkbox'
import { Check } from 'lucide-react'
import { useId } from 'react'
import styles from './Checkbox.module.css'

interface CheckboxProps {
  label: string
  checked: boolean
  onChange: (checked: boolean) => void
}

/** Something to agree to. */
export function Checkbox({ label, checked, onChange }: CheckboxProps) {
  const id = useId()
  return (
    <div className={styles.row}>
      <Base.Root className={styles.box} aria-labelledby={id} checked={checked} onCheckedChange={onChange}>
        <Base.Indicator className={styles.mark}>
          <Check size={16} strokeWidth={3} aria-hidden />
        </Base.Indicator>
      </Base.Root>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the box beside it is what the keyboard uses */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a larger target for the box beside it */}
      <span id={id} className={styles.label} onClick={() => onChange(!checked)}>
        {label}
      </span>
    </div>
  )
}
