import { Radio } from '@base-ui/react/radio'
import { RadioGroup } from '@base-ui/react/radio-group'
import { useId } from 'react'
import { cx } from './cx'
import field from './Field.module.css'
import styles from './Segmented.module.css'
import type { Choice } from './Select'
import tabs from './Tabs.module.css'

interface SegmentedProps<T extends string> {
  label: string
  hideLabel?: boolean
  value: T
  choices: readonly Choice<T>[]
  onChange: (value: T) => void
}

/** One of two to four, all visible. */
export function Segmented<T extends string>({
  label,
  hideLabel,
  value,
  choices,
  onChange,
}: SegmentedProps<T>) {
  const id = useId()
  return (
    <div className={field.field}>
      <span id={id} className={hideLabel ? 'visually-hidden' : field.label}>
        {label}
      </span>
      <RadioGroup
        aria-labelledby={id}
        className={cx(tabs.list, styles.choices)}
        value={value}
        onValueChange={(next) => onChange(next as T)}
      >
        {choices.map((choice) => (
          <Radio.Root key={choice.value} value={choice.value} className={cx(tabs.tab, styles.choice)}>
            {choice.label}
          </Radio.Root>
        ))}
      </RadioGroup>
    </div>
  )
}
