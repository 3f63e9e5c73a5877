//! A page of a list, and whether more follows.

use domain::Result;
use sea_orm::{
    ColumnTrait, Value,
    sea_query::{Expr, ExprTrait as _},
};

/// Rows of one page.
#[derive(Debug)]
pub struct Page<T> {
    pub rows: Vec<T>,
    /// Whether the list goes on behind the last row.
    pub has_more: bool,
}

impl<T> Page<T> {
    /// A page of `n` rows, out of a query that asked for one more.
    pub(crate) fn cut(mut rows: Vec<T>, n: u64) -> Self {
        let n = usize::try_from(n).unwrap_or(usize::MAX);
        let has_more = rows.len() > n;
        rows.truncate(n);
        Self { rows, has_more }
    }

    pub fn map<U>(self, each: impl FnMut(T) -> Result<U>) -> Result<Page<U>> {
        let rows: Result<Vec<U>> = self.rows.into_iter().map(each).collect();
        Ok(Page { rows: rows?, has_more: self.has_more })
    }
}

/// A state as the text of the statement: a plan that is made for any value uses no index that holds
/// the rows of one state alone.
pub(crate) fn is(column: impl ColumnTrait, state: impl Into<Value>) -> Expr {
    column.into_expr().eq(Expr::Constant(state.into()))
}

/// Any other state, in the same way.
pub(crate) fn is_not(column: impl ColumnTrait, state: impl Into<Value>) -> Expr {
    column.into_expr().ne(Expr::Constant(state.into()))
}
