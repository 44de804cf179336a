"""What the walls of the affiliate's room, and of what is no account's, look like in the catalog.

As in `tests/house/catalog.py`: each query gives the faults of one rule, a sentence a row.
"""

from __future__ import annotations

from tests.house.columns import CLOSED, KEPT, SHOWN
from tests.house.lists import (
    GRANTED_OF_NO_ACCOUNT,
    NOBODYS,
    OF_NO_ACCOUNT,
    PUBLISHED,
    SECRETS,
)
from tests.house.policies import AFFILIATE, APP, POLICIES, SYSTEM
from tests.house.words import ROLES, columns, names, values

# Each column of the tables of accounts, look-ups too, and whether affiliates read it.
_COLUMNS = f"""
    (SELECT c.relname, a.attname,
            has_column_privilege('{AFFILIATE}', c.oid, a.attnum, 'SELECT') AS shown
       FROM pg_class c
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
        AND NOT c.relispartition
        AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'account_id')) t
"""
# What a role may do with a table, in words: of some columns only, their names behind it.
_GRANTED = f"""
    (SELECT c.oid, c.relname, r.rolname, c.relrowsecurity AND c.relforcerowsecurity AS walled,
            string_agg(p.privilege || g.columns, ', ' ORDER BY p.place)
                FILTER (WHERE g.columns IS NOT NULL) AS may
       FROM pg_class c
      CROSS JOIN pg_roles r
      CROSS JOIN (VALUES (1, 'SELECT'), (2, 'INSERT'), (3, 'UPDATE'), (4, 'DELETE'))
                 AS p (place, privilege)
      CROSS JOIN LATERAL
            (SELECT CASE WHEN has_table_privilege(r.oid, c.oid, p.privilege) THEN '' ELSE
                    (SELECT ' (' || string_agg(attname, ', ' ORDER BY attname) || ')'
                       FROM pg_attribute
                      WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
                        AND p.privilege <> 'DELETE'
                        AND has_column_privilege(r.oid, c.oid, attnum,
                                                 replace(p.privilege, 'DELETE', 'SELECT')))
                    END AS columns) g
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
        AND NOT c.relispartition AND r.rolname IN {ROLES}
      GROUP BY c.oid, r.rolname) g
"""

ROOM_RULES: dict[str, str] = {
    "policies are as they were written down": f"""
        SELECT coalesce(p.tablename || '.' || p.policyname || ' is not on the list, or not so: '
                        || p.cmd || p.roles::text || coalesce(' using ' || p.condition, '')
                        || coalesce(' check ' || p.checked, ''),
                        w.policyname || ' is on the list, and is not there')
          FROM (SELECT tablename, policyname, permissive, roles, cmd,
                       regexp_replace(qual, '\\s+', ' ', 'g') AS condition,
                       regexp_replace(with_check, '\\s+', ' ', 'g') AS checked
                  FROM pg_policies
                 WHERE policyname NOT IN (tablename || '_tenant', tablename || '_system')
                    OR tablename IN {names(OF_NO_ACCOUNT)}) p
          FULL JOIN (VALUES {values((name, *policy) for name, policy in POLICIES.items())})
               AS w (policyname, cmd, role, condition, checked)
            ON w.policyname = p.tablename || '.' || p.policyname
           AND p.permissive = 'PERMISSIVE' AND w.cmd = p.cmd AND p.roles = ARRAY[w.role::name]
           AND w.condition IS NOT DISTINCT FROM p.condition
           AND w.checked IS NOT DISTINCT FROM p.checked
         WHERE p.policyname IS NULL OR w.policyname IS NULL
    """,
    "what everybody sees was published": f"""
        SELECT tablename || ' is open to all of ' || roles::text || ' and not on the list'
          FROM pg_policies
         WHERE qual = 'true' AND roles <> ARRAY['{SYSTEM}'::name]
           AND tablename NOT IN {names(PUBLISHED)}
        UNION ALL
        SELECT c.relname || ' is published, and has more than one row each'
          FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace AND c.relname IN {names(PUBLISHED)}
           AND NOT EXISTS (SELECT FROM pg_index i
                             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
                            WHERE i.indrelid = c.oid AND i.indisprimary AND i.indnkeyatts = 1
                              AND a.attname IN ('account_id', 'id'))
    """,
    "every column is shown to affiliates, or kept": f"""
        SELECT t.relname || '.' || t.attname
               || CASE WHEN w.shown IS NULL THEN ' is on neither list for affiliates'
                       WHEN t.shown THEN ' can be read by affiliates'
                       ELSE ' cannot be read by affiliates' END
          FROM {_COLUMNS}
          LEFT JOIN (VALUES {values((*c, "t") for c in columns(SHOWN))},
                            {values((*c, "f") for c in columns(KEPT))})
               AS w (relname, attname, shown)
            ON w.relname = t.relname AND w.attname = t.attname
         WHERE t.relname NOT IN {names(CLOSED)} AND w.shown::boolean IS DISTINCT FROM t.shown
        UNION ALL
        SELECT t.relname || '.' || t.attname || ' can be read by affiliates; the table is closed'
          FROM {_COLUMNS} WHERE t.shown AND t.relname IN {names(CLOSED)}
    """,
    "affiliates change nothing of an account's": f"""
        SELECT c.relname || ' can be changed by affiliates: ' || p.privilege
          FROM pg_class c, (VALUES ('INSERT'), ('UPDATE'), ('DELETE')) AS p (privilege)
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
           AND c.relname NOT IN {names(OF_NO_ACCOUNT)}
           AND (has_table_privilege('{AFFILIATE}', c.oid, p.privilege)
                OR (p.privilege <> 'DELETE'
                    AND has_any_column_privilege('{AFFILIATE}', c.oid,
                                                 replace(p.privilege, 'DELETE', 'UPDATE'))))
    """,
    "of what is no account's each role has its own": f"""
        SELECT coalesce(g.relname, w.relname) || ': ' || coalesce(g.rolname, w.rolname) || ' may '
               || coalesce(g.may, 'nothing') || ', and should ' || coalesce(w.may, 'nothing')
          FROM (SELECT * FROM {_GRANTED}
                 WHERE relname IN {names(OF_NO_ACCOUNT)} AND rolname <> '{SYSTEM}'
                   AND may IS NOT NULL) g
          FULL JOIN (VALUES {values((*key, may) for key, may in GRANTED_OF_NO_ACCOUNT.items())})
               AS w (relname, rolname, may)
            ON w.relname = g.relname AND w.rolname = g.rolname
         WHERE g.may IS DISTINCT FROM w.may
    """,
    "people's rows have a wall": f"""
        SELECT DISTINCT relname || ' is seen by ' || rolname || ' without row security'
          FROM {_GRANTED}
         WHERE relname IN {names(OF_NO_ACCOUNT)} AND relname NOT IN {names(NOBODYS)}
           AND rolname <> '{SYSTEM}' AND may <> 'INSERT' AND NOT walled
    """,
    "secrets are the system's": f"""
        SELECT s.relname || '.' || s.attname || ' can be read by ' || r.rolname
          FROM (VALUES {values(columns(SECRETS))}) AS s (relname, attname)
          JOIN pg_attribute a ON a.attrelid = s.relname::regclass AND a.attname = s.attname
         CROSS JOIN pg_roles r
         WHERE r.rolname IN ('{APP}', '{AFFILIATE}')
           AND has_column_privilege(r.oid, a.attrelid, a.attnum, 'SELECT')
    """,
}
