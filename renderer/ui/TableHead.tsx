interface TableHeadProps {
  columns: readonly { title: string; className?: string }[]
}

/** Titles of a table, read with every cell of their column. */
export function TableHead({ columns }: TableHeadProps) {
  return (
    <thead>
      <tr>
        {columns.map(({ title, className }) => (
          <th key={title} scope="col" className={className}>
            {title}
          </th>
        ))}
      </tr>
    </thead>
  )
}
