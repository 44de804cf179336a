"""Whether a link still does what it was made for, as SQL over the row of a tagged link."""

from typing import Final

# What loses most sales comes first: a link of a partnership that has ended still works and pays.
# Nothing is known of what a store sells before its first listing was read, and of what Amazon
# fulfils itself it gives no quantity.
HEALTH: Final = """(select case
        when s.disconnected_at is not null then 'STORE_DISCONNECTED'
        when {t}.kind = 'DETAIL_PAGE' and f.skus = 0
             and exists (select from product k
                          where k.account_id = s.account_id and k.store_id = s.id)
        then 'NOT_IN_CATALOG'
        when f.skus > 0 and f.active = 0 then 'INACTIVE'
        when f.skus > 0 and f.stocked = 0 then 'OUT_OF_STOCK'
        when p.status = 'ENDED' then 'PARTNERSHIP_ENDED'
        when p.status = 'PAUSED' then 'PARTNERSHIP_PAUSED'
        else 'OK' end
    from partnership p
    join store s on s.account_id = p.account_id and s.id = p.store_id
   cross join lateral
         (select count(*) as skus, count(*) filter (where k.status = 'ACTIVE') as active,
                 count(*) filter (where k.status = 'ACTIVE'
                                    and k.quantity is distinct from 0) as stocked
            from (select k.status, k.quantity from product k
                   where k.account_id = s.account_id and k.store_id = s.id
                     and k.asin = {t}.landing
                  union all
                  select k.status, k.quantity from product k
                   where k.account_id = s.account_id and k.store_id = s.id
                     and {t}.kind = 'SHOP_PAGE' and k.url = {t}.landing) k) f
   where p.account_id = {t}.account_id and p.id = {t}.partnership_id)"""

NOTES: Final = {
    "STORE_DISCONNECTED": "The store is disconnected, so sales by this link are not reported. The"
    " brand can connect it again; until then, share links to another store.",
    "NOT_IN_CATALOG": "The store's listings do not have this product, so its page may be gone."
    " Open the link, and share one to a product that is listed if the page is.",
    "INACTIVE": "The product is not for sale at the moment. Share a link to another product until"
    " it is again.",
    "OUT_OF_STOCK": "The product is out of stock. Share a link to another product until it is"
    " back.",
    "PARTNERSHIP_ENDED": "The partnership has ended. This link still works and its sales pay, but"
    " no new one can be made until the brand adds the affiliate to an offer again.",
    "PARTNERSHIP_PAUSED": "The partnership is paused. This link still works and its sales pay, but"
    " no new one can be made until the brand resumes it.",
}
"""For people, what is wrong and what to do; nothing for a link that is all right."""
