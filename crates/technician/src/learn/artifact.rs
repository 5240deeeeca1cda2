//! The model as a file: versioned, compact, checked by SHA-256.

use super::model::{CLASSES, HeldOut, Model, Scores};
use crate::understand::features::BUCKETS;
use domain::{Canon, Digest};

const MAGIC: &[u8; 8] = b"JMRECOG\n";
const VERSION: u32 = 1;
const DIGEST_BYTES: usize = 32;

/// Why bytes are not a usable model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelError(String);

impl std::fmt::Display for ModelError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ModelError {}

pub(super) fn error<T>(what: &str) -> Result<T, ModelError> {
    Err(ModelError(format!(
        "{what}; train the model again from its history, or restore the file from a copy"
    )))
}

fn checksum(payload: &[u8]) -> Digest {
    Canon::new("journeyman/model/v1").bytes(payload).digest()
}

impl Model {
    /// The model as one artifact. The same model gives the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.payload();
        let digest = checksum(&out);
        out.extend_from_slice(&digest.0);
        out
    }

    /// Reads an artifact that [`Model::to_bytes`] wrote; says what is wrong with a damaged one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Model, ModelError> {
        if bytes.get(..MAGIC.len()) != Some(MAGIC) {
            return error("this is not a Journeyman recogniser model");
        }
        let Some((payload, sum)) = bytes.split_last_chunk::<DIGEST_BYTES>() else {
            return error("the model file is cut short");
        };
        let mut input = Input { rest: payload.get(MAGIC.len()..).unwrap_or(&[]) };
        let version = input.u32()?;
        if version != VERSION {
            return error(&format!(
                "the model file has version {version}, this program reads {VERSION}"
            ));
        }
        let digest = checksum(payload);
        if digest.0 != *sum {
            return error("the model file is damaged: its checksum does not match");
        }
        Model::parse(&mut input, digest)
    }

    /// Gives a freshly made model its digest.
    pub(super) fn sealed(mut self) -> Model {
        self.digest = checksum(&self.payload()).to_string();
        self
    }

    fn payload(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1 << 20);
        out.extend_from_slice(MAGIC);
        let counts = [self.held_out.rows, self.held_out.acting];
        for n in [VERSION, BUCKETS as u32, CLASSES as u32].iter().chain(&counts) {
            out.extend_from_slice(&n.to_le_bytes());
        }
        for v in [
            self.held_out.decided,
            self.held_out.wrong,
            self.held_out.wrong_at_most,
            self.held_out.ece,
        ] {
            out.extend_from_slice(&v.to_le_bytes());
        }
        let parts = [self.temperature];
        for v in parts.iter().chain(&self.thresholds).chain(&self.scale).chain(&self.bias) {
            out.extend_from_slice(&v.to_le_bytes());
        }
        out.push(self.unseen_idf);
        // Only buckets that training saw: gap to the last one, idf, weights.
        let seen: Vec<usize> = (0..BUCKETS).filter(|at| self.idf[*at] != 0).collect();
        out.extend_from_slice(&(seen.len() as u32).to_le_bytes());
        let mut last = 0;
        for at in seen {
            let mut gap = at - last;
            while gap >= 255 {
                out.push(255);
                gap -= 255;
            }
            out.push(gap as u8);
            last = at;
            out.push(self.idf[at]);
            let row = &self.weights[at * CLASSES..(at + 1) * CLASSES];
            out.extend(row.iter().map(|w| w.cast_unsigned()));
        }
        out
    }

    fn parse(input: &mut Input<'_>, digest: Digest) -> Result<Model, ModelError> {
        let (buckets, classes) = (input.u32()?, input.u32()?);
        if buckets != BUCKETS as u32 || classes != CLASSES as u32 {
            return error(&format!(
                "the model file has {buckets} buckets and {classes} intents, this program {BUCKETS} and {CLASSES}"
            ));
        }
        let held_out = HeldOut {
            rows: input.u32()?,
            acting: input.u32()?,
            decided: input.f64()?,
            wrong: input.f64()?,
            wrong_at_most: input.f64()?,
            ece: input.f64()?,
        };
        let (temperature, thresholds) = (input.f32()?, input.scores()?);
        let (scale, bias) = (input.scores()?, input.scores()?);
        let unseen_idf = input.u8()?;
        let mut idf = vec![0u8; BUCKETS];
        let mut weights = vec![0i8; BUCKETS * CLASSES];
        let mut at = 0usize;
        for _ in 0..input.u32()? {
            loop {
                let gap = input.u8()?;
                at += usize::from(gap);
                if gap < 255 {
                    break;
                }
            }
            if at >= BUCKETS {
                return error("the model file is damaged: a bucket is out of range");
            }
            idf[at] = input.u8()?;
            for w in &mut weights[at * CLASSES..(at + 1) * CLASSES] {
                *w = input.u8()?.cast_signed();
            }
        }
        let sound = temperature.is_finite()
            && temperature > 0.0
            && scale.iter().chain(&bias).chain(&thresholds).all(|v| v.is_finite());
        if !sound || !input.rest.is_empty() {
            return error("the model file is damaged: values make no sense");
        }
        let digest = digest.to_string();
        Ok(Model {
            idf,
            weights,
            scale,
            bias,
            unseen_idf,
            temperature,
            thresholds,
            held_out,
            digest,
        })
    }
}

/// Reads little-endian values off the front.
pub(super) struct Input<'a> {
    pub(super) rest: &'a [u8],
}

impl Input<'_> {
    pub(super) fn take<const N: usize>(&mut self) -> Result<[u8; N], ModelError> {
        match self.rest.split_first_chunk::<N>() {
            Some((head, rest)) => {
                self.rest = rest;
                Ok(*head)
            }
            None => error("the model file is cut short"),
        }
    }

    /// The next bytes.
    pub(super) fn bytes(&mut self, count: usize) -> Result<&[u8], ModelError> {
        match self.rest.split_at_checked(count) {
            Some((head, rest)) => {
                self.rest = rest;
                Ok(head)
            }
            None => error("the model file is cut short"),
        }
    }

    pub(super) fn u8(&mut self) -> Result<u8, ModelError> {
        self.take::<1>().map(|[b]| b)
    }

    pub(super) fn u32(&mut self) -> Result<u32, ModelError> {
        self.take().map(u32::from_le_bytes)
    }

    pub(super) fn f32(&mut self) -> Result<f32, ModelError> {
        self.take().map(f32::from_le_bytes)
    }

    pub(super) fn f64(&mut self) -> Result<f64, ModelError> {
        self.take().map(f64::from_le_bytes)
    }

    fn scores(&mut self) -> Result<Scores, ModelError> {
        let mut out = [0f32; CLASSES];
        for v in &mut out {
            *v = self.f32()?;
        }
        Ok(out)
    }
}
