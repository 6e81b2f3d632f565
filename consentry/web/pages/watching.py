"""For who watches over the program: whether it can work, and its measures. Nothing of a child or a partner."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from consentry.measuring import write_measures
from consentry.web.doors import AtDesk
from store.tables import LedgerHead

router = APIRouter()


@router.get("/readyz", name="readyz")
def tell_readiness(desk: AtDesk) -> JSONResponse:
    """Whether requests can be served now: the database answers and documents can be written; 503 if not."""
    installation = desk.program.installation
    try:
        with installation.reading() as session:
            session.execute(select(LedgerHead.size)).one()
        has_database = True
    except SQLAlchemyError:
        has_database = False
    has_documents = installation.documents.takes_writes()
    is_ready = has_database and has_documents
    told = {"ready": is_ready, "database": has_database, "documents": has_documents}
    return JSONResponse(told, 200 if is_ready else 503)


@router.get("/metrics", name="metrics")
def tell_measures(desk: AtDesk) -> Response:
    """The measures as Prometheus reads them."""
    return Response(write_measures(desk.program), media_type="text/plain; version=0.0.4; charset=utf-8")
