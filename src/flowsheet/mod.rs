//! Units joined by streams: order, tear, converge, close the balances.
