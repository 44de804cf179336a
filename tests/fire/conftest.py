from tests.workers.conftest import another_stage, shared_db, shared_url, shop

__all__ = ["another_stage", "shared_db", "shared_url", "shop"]
