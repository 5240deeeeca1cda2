//! The model as a file: versioned, compact, checked by SHA-256.
//!
//! Weights are kept as bytes with one power of two per feature; the model in memory is rounded the same
//! way, so that a model that was read back says exactly the same.

use super::calibrate::Calibration;
use super::matrix::Dictionary;
use super::select::{Choice, RiskTarget};
use super::{Classifier, Judged, Selection};
use crate::learn::ModelError;
use crate::learn::artifact::{Input, error};
use domain::{Canon, Digest};

const MAGIC: &[u8; 8] = b"JMCLASS\n";
const VERSION: u32 = 1;
const DIGEST_BYTES: usize = 32;
/// More classes than this are no desk.
const MOST_CLASSES: u32 = 10_000;

fn checksum(payload: &[u8]) -> Digest {
    Canon::new("journeyman/classifier/v1").bytes(payload).digest()
}

/// The power of two that brings the largest weight of a feature into a byte.
fn exponent(line: &[f32]) -> i8 {
    let top = line.iter().fold(0f32, |m, w| m.max(w.abs()));
    if top > 0.0 { (top / 127.0).log2().ceil().clamp(-100.0, 100.0) as i8 } else { 0 }
}

/// Weights as the artifact can hold them; those past the classes are nothing.
pub(super) fn rounded(mut weights: Vec<f32>, width: usize, classes: usize) -> Vec<f32> {
    for line in weights.chunks_exact_mut(width.max(1)) {
        line[classes.min(width)..].fill(0.0);
        let scale = f32::from(exponent(line)).exp2();
        for w in line {
            *w = (*w / scale).round() * scale;
        }
    }
    weights
}

impl Classifier {
    /// The model as one artifact. The same model gives the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.weights.len() + (1 << 16));
        out.extend_from_slice(MAGIC);
        let number = |out: &mut Vec<u8>, n: u32| out.extend_from_slice(&n.to_le_bytes());
        number(&mut out, VERSION);
        number(&mut out, self.classes.len() as u32);
        for name in &self.classes {
            number(&mut out, name.len() as u32);
            out.extend_from_slice(name.as_bytes());
        }
        out.extend_from_slice(&self.seed.to_le_bytes());
        let floats = self.calibration.slopes.iter().chain(&self.calibration.offsets);
        for v in floats.chain(&self.bias) {
            out.extend_from_slice(&v.to_le_bytes());
        }
        let Selection { held_out, target, choice } = &self.selection;
        let Choice { threshold, decided, wrong, wrong_at_most } = *choice;
        for v in [target.risk, target.confidence, threshold, decided, wrong, wrong_at_most] {
            out.extend_from_slice(&v.to_le_bytes());
        }
        number(&mut out, held_out.len() as u32);
        for row in held_out {
            out.extend_from_slice(&row.confidence.to_le_bytes());
            out.push(u8::from(row.right));
        }
        number(&mut out, self.dictionary.rows);
        number(&mut out, self.dictionary.len() as u32);
        let features = self.dictionary.buckets.iter().zip(&self.dictionary.weights);
        let used = self.classes.len();
        for ((bucket, weight), line) in features.zip(self.weights.chunks_exact(self.width)) {
            number(&mut out, *bucket);
            out.extend_from_slice(&weight.to_le_bytes());
            let exponent = exponent(line);
            out.push(exponent.cast_unsigned());
            let scale = f32::from(exponent).exp2();
            let bytes = line.iter().take(used).map(|w| ((w / scale).round() as i8).cast_unsigned());
            out.extend(bytes);
        }
        let digest = checksum(&out);
        out.extend_from_slice(&digest.0);
        out
    }

    /// Reads an artifact that [`Classifier::to_bytes`] wrote; says what is wrong with a damaged one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Classifier, ModelError> {
        if bytes.get(..MAGIC.len()) != Some(MAGIC) {
            return error("this is not a Journeyman classifier");
        }
        let Some((payload, sum)) = bytes.split_last_chunk::<DIGEST_BYTES>() else {
            return error("the classifier's file is cut short");
        };
        let mut input = Input { rest: payload.get(MAGIC.len()..).unwrap_or(&[]) };
        let version = input.u32()?;
        if version != VERSION {
            return error(&format!(
                "the classifier's file has version {version}, this program reads {VERSION}"
            ));
        }
        if checksum(payload).0 != *sum {
            return error("the classifier's file is damaged: its checksum does not match");
        }
        parse(&mut input)
    }
}

fn parse(input: &mut Input<'_>) -> Result<Classifier, ModelError> {
    let count = input.u32()?;
    if count > MOST_CLASSES {
        return error("the classifier's file is damaged: too many classes");
    }
    let mut classes = Vec::new();
    for _ in 0..count {
        let length = input.u32()? as usize;
        match String::from_utf8(input.bytes(length)?.to_vec()) {
            Ok(name) => classes.push(name),
            Err(_) => return error("the classifier's file is damaged: a name is not UTF-8"),
        }
    }
    let seed = u64::from_le_bytes(input.take()?);
    let width = classes.len().div_ceil(super::descent::LANES).max(1) * super::descent::LANES;
    let slopes = [input.f32()?, input.f32()?];
    let offsets = (0..count).map(|_| input.f32()).collect::<Result<_, _>>()?;
    let bias = (0..width).map(|_| input.f32()).collect::<Result<Vec<_>, _>>()?;
    let target = RiskTarget { risk: input.f64()?, confidence: input.f64()? };
    let choice = Choice {
        threshold: input.f64()?,
        decided: input.f64()?,
        wrong: input.f64()?,
        wrong_at_most: input.f64()?,
    };
    let mut held_out = Vec::new();
    for _ in 0..input.u32()? {
        held_out.push(Judged { confidence: input.f64()?, right: input.u8()? != 0 });
    }
    let mut dictionary = Dictionary::empty(input.u32()?);
    let features = input.u32()?;
    let mut weights = Vec::new();
    for _ in 0..features {
        let (bucket, weight) = (input.u32()?, input.f32()?);
        dictionary.push(bucket, weight);
        let scale = f32::from(input.u8()?.cast_signed()).exp2();
        let line = input.bytes(classes.len())?;
        weights.extend(line.iter().map(|b| f32::from(b.cast_signed()) * scale));
        weights.resize(dictionary.len() * width, 0.0);
    }
    if dictionary.len() != features as usize || !input.rest.is_empty() {
        return error("the classifier's file is damaged: features make no sense");
    }
    Ok(Classifier {
        classes,
        dictionary,
        width,
        weights,
        bias,
        calibration: Calibration { slopes, offsets },
        selection: Selection { held_out, target, choice },
        seed,
    })
}
