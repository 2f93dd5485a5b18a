/*
 * HMAC (RFC 2104) and PBKDF2 with it (RFC 8018 §5.2) over the SDK's own hashes, for every platform that runs XS.
 *
 * mbedTLS is not used: its PBKDF2 left the public headers with version 4 (ESP-IDF 6.0), and this implementation, which is
 * checked on Linux with published vectors, is the same one that runs on the device.
 *
 * NervesHub's shared-secret tokens take 1,000 iterations, some 4,000 hash blocks. XS byte code would block a device for the
 * better part of a second; C takes no noticeable time. The two keyed states are computed once and copied, which halves the
 * work.
 */

#include <string.h>

#include "xsmc.h"
#include "fips180.h"

typedef union {
	struct sha1 sha1;
	struct sha256 sha256;	/* and SHA-224 */
	struct sha512 sha512;	/* and SHA-384 */
} HashState;

typedef struct {
	const char *name;
	uint8_t digestSize;
	uint8_t blockSize;
	void (*create)(void *);
	void (*update)(void *, const void *, uint32_t);
	void (*finish)(void *, uint8_t *);
} Hash;

#define MAX_DIGEST SHA512_DGSTSIZE
#define MAX_BLOCK SHA512_BLKSIZE

#define HASH(LABEL, PREFIX, STATE, DIGEST, BLOCK) \
	static void PREFIX##Create(void *s) { PREFIX##_create((struct STATE *)s); } \
	static void PREFIX##Update(void *s, const void *d, uint32_t n) { PREFIX##_update((struct STATE *)s, d, n); } \
	static void PREFIX##Finish(void *s, uint8_t *d) { PREFIX##_fin((struct STATE *)s, d); } \
	static const Hash PREFIX##Hash = { LABEL, DIGEST, BLOCK, PREFIX##Create, PREFIX##Update, PREFIX##Finish };

HASH("sha1", sha1, sha1, SHA1_DGSTSIZE, SHA1_BLKSIZE)
HASH("sha224", sha224, sha256, SHA224_DGSTSIZE, SHA224_BLKSIZE)
HASH("sha256", sha256, sha256, SHA256_DGSTSIZE, SHA256_BLKSIZE)
HASH("sha384", sha384, sha512, SHA384_DGSTSIZE, SHA384_BLKSIZE)
HASH("sha512", sha512, sha512, SHA512_DGSTSIZE, SHA512_BLKSIZE)

static const Hash *const hashes[] = { &sha1Hash, &sha224Hash, &sha256Hash, &sha384Hash, &sha512Hash };

/* Makes the state that the inner or the outer hash starts with: after the padded key, XORed with `pad`. */
static void keyed(const Hash *hash, HashState *state, const uint8_t *key, uint8_t pad)
{
	uint8_t block[MAX_BLOCK];

	for (int i = 0; i < hash->blockSize; i++)
		block[i] = key[i] ^ pad;
	hash->create(state);
	hash->update(state, block, hash->blockSize);
}

/* HMAC of `first` and `second` with the keyed states; `out` may be `first`. */
static void hmac(const Hash *hash, const HashState *inner, const HashState *outer, const uint8_t *first, uint32_t firstLength, const uint8_t *second, uint32_t secondLength, uint8_t *out)
{
	HashState state = *inner;

	hash->update(&state, first, firstLength);
	hash->update(&state, second, secondLength);
	hash->finish(&state, out);
	state = *outer;
	hash->update(&state, out, hash->digestSize);
	hash->finish(&state, out);
}

/* Throws RangeError for an unknown name. */
static const Hash *hashNamed(xsMachine *the, xsSlot *name)
{
	const char *string = xsmcToString(*name);

	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		if (!strcmp(string, hashes[i]->name))
			return hashes[i];
	}
	xsRangeError("unknown hash");
	return NULL;
}

/* Makes both keyed states of HMAC under `key`. */
static void keyedStates(const Hash *hash, const uint8_t *key, uint32_t keyLength, HashState *inner, HashState *outer)
{
	uint8_t block[MAX_BLOCK] = {0};

	if (keyLength > hash->blockSize) {
		hash->create(inner);
		hash->update(inner, key, keyLength);
		hash->finish(inner, block);
	}
	else
		memcpy(block, key, keyLength);
	keyed(hash, inner, block, 0x36);
	keyed(hash, outer, block, 0x5c);
	memset(block, 0, sizeof(block));
}

/* nh_hmac(name, key, bytes, into): fills `into` with the HMAC, or with its beginning when `into` is shorter. */
void nh_hmac(xsMachine *the)
{
	const Hash *hash = hashNamed(the, &xsArg(0));
	xsUnsignedValue keyLength, length, size;
	uint8_t *key, *bytes, *into, mac[MAX_DIGEST];
	HashState inner, outer;

	xsmcGetBufferReadable(xsArg(1), (void **)&key, &keyLength);
	xsmcGetBufferReadable(xsArg(2), (void **)&bytes, &length);
	xsmcGetBufferWritable(xsArg(3), (void **)&into, &size);
	keyedStates(hash, key, keyLength, &inner, &outer);
	hmac(hash, &inner, &outer, bytes, length, (const uint8_t *)"", 0, mac);
	memcpy(into, mac, (size < hash->digestSize) ? size : hash->digestSize);
}

/* nh_pbkdf2(name, password, salt, iterations, into): fills the whole of `into`. */
void nh_pbkdf2(xsMachine *the)
{
	const Hash *hash = hashNamed(the, &xsArg(0));
	uint8_t *password, *salt, *into, step[MAX_DIGEST], sum[MAX_DIGEST];
	xsUnsignedValue passwordLength, saltLength, left;
	xsIntegerValue iterations = xsmcToInteger(xsArg(3));
	HashState inner, outer;

	if (iterations < 1)
		xsRangeError("iterations");

	/* These pointers stay valid: no code below allocates in XS. */
	xsmcGetBufferReadable(xsArg(1), (void **)&password, &passwordLength);
	xsmcGetBufferReadable(xsArg(2), (void **)&salt, &saltLength);
	xsmcGetBufferWritable(xsArg(4), (void **)&into, &left);
	keyedStates(hash, password, passwordLength, &inner, &outer);

	for (uint32_t index = 1; left > 0; index++) {
		uint8_t counter[4] = { index >> 24, index >> 16, index >> 8, index };
		uint32_t take = (left < hash->digestSize) ? left : hash->digestSize;

		hmac(hash, &inner, &outer, salt, saltLength, counter, sizeof(counter), step);
		memcpy(sum, step, hash->digestSize);
		for (xsIntegerValue i = 1; i < iterations; i++) {
			hmac(hash, &inner, &outer, step, hash->digestSize, (const uint8_t *)"", 0, step);
			for (int j = 0; j < hash->digestSize; j++)
				sum[j] ^= step[j];
		}
		memcpy(into, sum, take);
		into += take;
		left -= take;
	}
	memset(&inner, 0, sizeof(inner));
	memset(&outer, 0, sizeof(outer));
}
