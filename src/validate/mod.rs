//! Published cases held against predictions.
