//! Streams that end after a while, whoever holds them open.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::Frame;
use tokio::time::{Sleep, sleep};
use tonic::{Status, body::Body};

/// What is still to be said of a stream, as long as there is time.
struct Bounded {
    /// None once it has ended.
    body: Option<Body>,
    end: Pin<Box<Sleep>>,
    /// Said in the place of what is cut off.
    last_words: Option<LastWords>,
}

type LastWords = Box<dyn FnOnce() -> Status + Send>;

/// What a caller sends, which ends after that time as if it had no more to say.
pub(crate) fn request(body: Body, life: Duration) -> Body {
    bounded(body, life, None)
}

/// What a caller is told, for that time; then this.
pub(crate) fn answer(
    body: Body,
    life: Duration,
    then: impl FnOnce() -> Status + Send + 'static,
) -> Body {
    bounded(body, life, Some(Box::new(then)))
}

fn bounded(body: Body, life: Duration, last_words: Option<LastWords>) -> Body {
    Body::new(Bounded { body: Some(body), end: Box::pin(sleep(life)), last_words })
}

impl http_body::Body for Bounded {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        let Some(body) = &mut this.body else {
            return Poll::Ready(None);
        };
        // Time first: somebody who always has more to say would have it for ever.
        if this.end.as_mut().poll(cx).is_ready() {
            this.body = None;
            return Poll::Ready(this.last_words.take().map(|it| trailers(&it())));
        }
        Pin::new(body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(|it| it.is_end_stream())
    }
}

fn trailers(status: &Status) -> Result<Frame<Bytes>, Status> {
    let mut trailers = HeaderMap::new();
    status.add_header(&mut trailers)?;
    Ok(Frame::trailers(trailers))
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt as _, Channel};

    use super::*;

    const LIFE: Duration = Duration::from_millis(500);

    fn late() -> Status {
        Status::deadline_exceeded("that was long enough")
    }

    #[tokio::test]
    async fn a_stream_that_goes_on_ends_after_its_while_and_says_so() {
        let (mut sender, body) = Channel::<Bytes, Status>::new(1);
        let mut bounded = answer(Body::new(body), LIFE, late);
        sender.send_data(Bytes::from_static(b"still here")).await.unwrap();
        let data = bounded.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(data, "still here");
        let trailers = bounded.frame().await.unwrap().unwrap().into_trailers().unwrap();
        assert_eq!(
            Status::from_header_map(&trailers).unwrap().code(),
            tonic::Code::DeadlineExceeded
        );
        assert!(bounded.frame().await.is_none());
        assert!(sender.send_data(Bytes::new()).await.is_err(), "nobody listens any more");
    }

    #[tokio::test]
    async fn a_caller_that_says_nothing_has_said_all_after_a_while() {
        let (_sender, body) = Channel::<Bytes, Status>::new(1);
        assert!(request(Body::new(body), LIFE).frame().await.is_none());
        assert!(answer(Body::empty(), LIFE, late).frame().await.is_none(), "what has ended");
    }
}
