"""What the walls around an account's rows look like in PostgreSQL's own catalog.

Each query gives the faults of one rule, a sentence a row; no row is what is wanted. A new table is
held to all of them by being there.
"""

from __future__ import annotations

from tests.house.lists import (
    APPEND_ONLY,
    ASKED_FROM_OUTSIDE,
    DEFINERS,
    FORGOTTEN,
    INSTALLATIONS_OWN,
    LOOKUPS,
    OF_NO_ACCOUNT,
)
from tests.house.policies import APP, SYSTEM
from tests.house.words import ROLES, names

# Tables of accounts: partitions are seen through their parents.
_TENANT = f"""
    (SELECT c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity, a.attnum AS account_no
       FROM pg_class c
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'account_id'
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
        AND NOT c.relispartition
        AND c.relname NOT IN {names(LOOKUPS)}) t
"""
_KEYED = f"(SELECT * FROM {_TENANT} WHERE t.relname NOT IN {names(INSTALLATIONS_OWN)}) t"
RULES: dict[str, str] = {
    "the roles can do nothing by themselves": f"""
        SELECT rolname || ' is superuser, bypasses row security, or creates or replicates'
          FROM pg_roles WHERE rolname IN {ROLES}
           AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)
        UNION ALL
        SELECT m.roleid::regrole || ' is given to ' || m.member::regrole
          FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE r.rolname IN {ROLES}
        UNION ALL
        SELECT r.rolname || ' may create in schema public'
          FROM pg_roles r
         WHERE r.rolname IN {ROLES} AND has_schema_privilege(r.oid, 'public', 'CREATE')
    """,
    "the roles own nothing": f"""
        SELECT r.rolname || ' owns ' || d.classid::regclass || ' ' || d.objid
          FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid
         WHERE d.refclassid = 'pg_authid'::regclass AND d.deptype = 'o' AND r.rolname IN {ROLES}
           AND d.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    """,
    "every table is an account's, or on a list": f"""
        SELECT c.relname || ' has no account_id and is not on the list of those that may'
          FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
           AND NOT c.relispartition
           AND NOT EXISTS (SELECT FROM pg_attribute
                            WHERE attrelid = c.oid AND attname = 'account_id')
           AND c.relname NOT IN {names(OF_NO_ACCOUNT)}
    """,
    "row security is on and forced": f"""
        SELECT t.relname || ' lacks row security, or does not force it on its owner'
          FROM {_TENANT} WHERE NOT (t.relrowsecurity AND t.relforcerowsecurity)
    """,
    "each role has its policy": f"""
        SELECT t.relname || ' has no whole policy for ' || want.role
          FROM {_TENANT}
         CROSS JOIN (VALUES ('{APP}', '(account_id = current_account())'),
                            ('{SYSTEM}', 'true')) AS want (role, condition)
         WHERE NOT EXISTS
               (SELECT FROM pg_policy p
                 WHERE p.polrelid = t.oid AND p.polcmd = '*' AND p.polpermissive
                   AND p.polroles = ARRAY[want.role::regrole::oid]
                   AND pg_get_expr(p.polqual, p.polrelid) = want.condition
                   AND pg_get_expr(p.polwithcheck, p.polrelid) = want.condition)
    """,
    "keys start with the account": f"""
        SELECT i.indexrelid::regclass || ' on ' || t.relname || ' is unique without the account'
          FROM {_KEYED} JOIN pg_index i ON i.indrelid = t.oid
         WHERE i.indisunique AND i.indkey[0] <> t.account_no
        UNION ALL
        SELECT t.relname || ' has no primary key'
          FROM {_KEYED}
         WHERE NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = t.oid AND i.indisprimary)
    """,
    "every index starts with the account": f"""
        SELECT i.indexrelid::regclass || ' on ' || t.relname || ' does not start with the account'
          FROM {_KEYED}
          JOIN pg_index i ON i.indrelid = t.oid
          JOIN pg_class x ON x.oid = i.indexrelid
         WHERE NOT i.indisunique AND i.indkey[0] <> t.account_no
           AND x.relname NOT IN {names(ASKED_FROM_OUTSIDE)}
    """,
    "foreign keys hold the account": f"""
        SELECT f.conname || ' on ' || t.relname || ' can point at another account''s row'
          FROM {_TENANT}
          JOIN pg_constraint f ON f.conrelid = t.oid AND f.contype = 'f'
          JOIN pg_attribute target ON target.attrelid = f.confrelid
                                  AND target.attname = 'account_id'
         WHERE f.conkey[1] <> t.account_no OR f.confkey[1] <> target.attnum
            OR (cardinality(f.conkey) < 2 AND f.confrelid <> 'account'::regclass)
        UNION ALL
        SELECT conname || ' on ' || conrelid::regclass || ' sets columns instead of refusing'
          FROM pg_constraint WHERE contype = 'f' AND (confdeltype IN ('n', 'd')
                                                      OR confupdtype <> 'a')
        UNION ALL
        SELECT f.conname || ': what has keys of its own points at ' || f.confrelid::regclass
          FROM pg_constraint f
         WHERE f.contype = 'f'
           AND f.conrelid::regclass::text IN {names({*LOOKUPS, *INSTALLATIONS_OWN})}
    """,
    "the account is a uuid that must be there": """
        SELECT attrelid::regclass || '.account_id may be null or is no uuid'
          FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
         WHERE attname = 'account_id' AND c.relkind IN ('r', 'p')
           AND c.relnamespace = 'public'::regnamespace
           AND NOT (attnotnull AND atttypid = 'uuid'::regtype)
    """,
    "partitions are reached through their parents": """
        SELECT relname || ' has grants of its own'
          FROM pg_class WHERE relispartition AND relkind = 'r' AND relacl IS NOT NULL
    """,
    "nothing is granted to everybody": """
        SELECT relname || ' is granted to PUBLIC'
          FROM pg_class c, aclexplode(c.relacl) acl
         WHERE c.relnamespace = 'public'::regnamespace AND acl.grantee = 0
    """,
    "what is written once stays": f"""
        SELECT r.rolname || ' may ' || p.privilege || ' ' || t.relname
          FROM pg_class t, pg_roles r,
               (VALUES ('DELETE'), ('TRUNCATE')) AS p (privilege)
         WHERE t.relnamespace = 'public'::regnamespace
           AND t.relname IN {names(APPEND_ONLY)}
           AND r.rolname IN {ROLES} AND has_table_privilege(r.oid, t.oid, p.privilege)
        UNION ALL
        SELECT r.rolname || ' may UPDATE ' || t.relname || '.' || c.attname
          FROM pg_class t JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum > 0, pg_roles r
         WHERE t.relnamespace = 'public'::regnamespace AND NOT c.attisdropped
           AND t.relname IN {names(APPEND_ONLY)}
           AND r.rolname IN {ROLES} AND has_column_privilege(r.oid, t.oid, c.attnum, 'UPDATE')
           AND (r.rolname <> '{SYSTEM}' OR t.relname || '.' || c.attname NOT IN {names(FORGOTTEN)})
    """,
    "nobody empties or points at a table": f"""
        SELECT r.rolname || ' may ' || p.privilege || ' ' || t.relname
          FROM pg_class t, pg_roles r,
               (VALUES ('TRUNCATE'), ('REFERENCES'), ('TRIGGER')) AS p (privilege)
         WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p')
           AND r.rolname IN {ROLES} AND has_table_privilege(r.oid, t.oid, p.privilege)
    """,
    "views ask as their reader": f"""
        SELECT relname || ' is a view without security_invoker'
          FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind = 'v'
           AND NOT coalesce(reloptions @> '{{security_invoker=true}}', false)
        UNION ALL
        SELECT v.relname || ' is a materialized view that ' || r.rolname || ' can read'
          FROM pg_class v, pg_roles r
         WHERE v.relnamespace = 'public'::regnamespace AND v.relkind = 'm'
           AND r.rolname IN {ROLES} AND has_any_column_privilege(r.oid, v.oid, 'SELECT')
    """,
    "functions with their owner's rights are on a list": f"""
        SELECT proname || ' runs with its owner''s rights, unlisted or without a search_path'
          FROM pg_proc
         WHERE pronamespace = 'public'::regnamespace AND prosecdef
           AND NOT (proname IN {names(DEFINERS)}
                    AND coalesce(proconfig, '{{}}')::text LIKE '%search_path=%'
                    AND NOT has_function_privilege('public', oid, 'EXECUTE'))
    """,
    "there are no triggers": """
        SELECT tgname || ' on ' || tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal
    """,
}
