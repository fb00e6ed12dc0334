using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Models;

/// <summary><c>/api/blobs/{digest}</c>: accepts the files from which models are created. Only their digests are kept.</summary>
internal sealed partial class BlobEndpoints
{
    private readonly ConcurrentDictionary<string, bool> _digests = new(StringComparer.Ordinal);

    public Task HeadAsync(HttpContext context, string digest) => (IsDigest(digest), _digests.ContainsKey(digest)) switch
    {
        (false, _) => ErrorAsync(context, StatusCodes.Status400BadRequest, "invalid digest format"),
        (_, false) => ErrorAsync(context, StatusCodes.Status404NotFound, $"blob \"{digest}\" not found"),
        _ => Task.CompletedTask,
    };

    public async Task AddAsync(HttpContext context, string digest)
    {
        if (!IsDigest(digest))
        {
            await ErrorAsync(context, StatusCodes.Status400BadRequest, "invalid digest format");
            return;
        }

        if (_digests.ContainsKey(digest)) return;
        var sent = "sha256:" + Convert.ToHexStringLower(await SHA256.HashDataAsync(context.Request.Body, context.RequestAborted));
        if (sent != digest)
        {
            await ErrorAsync(context, StatusCodes.Status400BadRequest, $"digest mismatch, expected \"{digest}\", got \"{sent}\"");
            return;
        }

        _digests[digest] = true;
        context.Response.StatusCode = StatusCodes.Status201Created;
    }

    private static bool IsDigest(string digest) => DigestPattern().IsMatch(digest);

    private static Task ErrorAsync(HttpContext context, int status, string error) =>
        JsonReply.ErrorAsync(context.Response, status, error, context.RequestAborted);

    [GeneratedRegex("^sha256[:-][0-9a-fA-F]{64}$")]
    private static partial Regex DigestPattern();
}
