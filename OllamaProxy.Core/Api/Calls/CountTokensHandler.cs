using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Caching.Memory;
using OllamaProxy.Api.Callers;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Api.Prompts;
using OllamaProxy.Configuration;
using OllamaProxy.Hosting;
using OllamaProxy.Ollama;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Protocol.Dialects;
using OllamaProxy.Queue;
using OllamaProxy.Storage;

namespace OllamaProxy.Api.Calls;

/// <summary>
/// Anthropic's <c>/v1/messages/count_tokens</c>, which Ollama does not have: Ollama is given the same conversation to generate one token,
/// and counts what it reads for that. The call waits its turn as any other; what was counted is kept for a while.
/// </summary>
public sealed class CountTokensHandler(PromptQueue queue, IPromptReader reader, RequestBody bodies, HostLimits limits, Shutdown shutdown,
    OllamaProxyOptions options) : IDisposable
{
    /// <summary>How many counts are kept: a few hundred bytes each.</summary>
    private const int MaxCounts = 4096;

    /// <summary>For how long a count is kept: a model that is pulled again may count otherwise.</summary>
    private static readonly TimeSpan GoodFor = TimeSpan.FromHours(1);

    private static readonly TimeSpan Unlimited = TimeSpan.FromDays(20);

    private readonly MemoryCache _counts = new(new MemoryCacheOptions { SizeLimit = MaxCounts });

    /// <summary>Answers with the number of tokens, or as the call with which it is counted ends.</summary>
    public async Task<IResult> CountAsync(HttpContext context)
    {
        ApiError.Use(context, Dialect.Anthropic);
        var (key, known, prompt) = await SubmitAsync(context);
        return prompt is null ? Answer(known) : await WaitAsync(context, prompt) switch
        {
            null => CallOutcome.Deleted(context),
            { Status: PromptStatus.Completed } counted => await CountedAsync(context, counted, key),
            var failed => CallOutcome.Of(context, failed, await reader.FindResponseAsync(failed.Id, context.RequestAborted)),
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _counts.Dispose();

    /// <summary>
    /// Submits the call with which the tokens are counted, and returns the key of the count; no prompt, but the count, where it is known.
    /// What was sent is let go of: the client can wait for hours from here on.
    /// </summary>
    private async Task<(string Key, long Known, Prompt? Prompt)> SubmitAsync(HttpContext context)
    {
        using var body = await bodies.ReadAsync(context);
        using var decoding = bodies.Reserve(context);
        var decoded = CallBody.Decode(ApiRoute.Messages, context.Request, body.Bytes, options.MaxBodyBytes, decoding.Add);
        if (body.IsLarge)
            decoding.Add(decoded.Length);
        var call = CallOf(decoded);
        var request = CallRequest.Read(ApiRoute.Messages, call);
        if (NameLimits.WhyNotModel(request.Model) is { } why)
            throw Problems.BadRequest(why);
        var prompt = context.Own(new(request.Text, request.Model, SubmissionReader.NoFields)
        {
            Call = new(ApiRoute.Messages.Path, "", HeaderFilter.ForOllama(HeadersOf(context)), call),
            Priority = options.InteractivePriority,
        });
        var key = KeyOf(prompt.Owner, call.Span);
        if (_counts.TryGetValue(key, out long known))
            return (key, known, null);
        var submission = await queue.SubmitAsync(prompt, context.RequestAborted);
        RateLimitHeaders.Set(context, prompt.Limits, submission.Use);
        return (key, 0, submission.Prompt);
    }

    /// <summary>Waits until the prompt has ended. If nobody waits for it any more before that, it is cancelled.</summary>
    private async Task<Prompt?> WaitAsync(HttpContext context, Prompt prompt)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, shutdown.Cut);
        var ended = default(Prompt);
        try
        {
            ended = await queue.WaitUntilEndedAsync(prompt, limits.LongestSilence ?? Unlimited, linked.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            throw new ProblemException(StatusCodes.Status503ServiceUnavailable, CallResponder.ShuttingDown);
        }
        finally
        {
            if (ended?.Status.HasEnded() is not true)
                await queue.CancelAsync(prompt.Id, CancellationToken.None);
        }
        return ended?.Status.HasEnded() is not false ? ended : throw new ProblemException(
            StatusCodes.Status503ServiceUnavailable, "The tokens were not counted in the time that this host lets a client wait.");
    }

    private async Task<IResult> CountedAsync(HttpContext context, Prompt counted, string key)
    {
        var result = await reader.FindResultAsync(counted.Id, context.RequestAborted);
        // It is of no use to anybody any more, and its body may be large.
        await queue.DeleteAsync(counted.Id, context.RequestAborted);
        if (counted.TruncatedTo is { } tokens)
            return ApiError.Of(context, StatusCodes.Status400BadRequest,
                "The prompt is too long for the context of the model: "
                + $"Ollama seems to have cut it to {tokens} tokens, and counted these.");
        if (result?.Statistics.PromptEvalCount is not (> 0 and var count))
            return ApiError.Of(context, StatusCodes.Status502BadGateway,
                "Ollama did not say how many tokens the prompt has. Ollama 0.30.0, and versions before 0.2, leave that out at times.");
        _counts.Set(key, count, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = GoodFor });
        return Answer(count);
    }

    private static IResult Answer(long count) =>
        JsonResult.Of(new(count), ApiJson.Relaxed.TokenCountResource, contentType: "application/json");

    /// <summary>The headers for Ollama. The body is not encoded any more.</summary>
    private static IEnumerable<KeyValuePair<string, string>> HeadersOf(HttpContext context) =>
        context.Request.AllHeaders().Where(header => !header.Key.Equals("Content-Encoding", StringComparison.OrdinalIgnoreCase));

    /// <summary>The call with which the tokens are counted: all that was sent, with the least to generate.</summary>
    /// <exception cref="ProblemException">400: it is no JSON object.</exception>
    private static ReadOnlyMemory<byte> CallOf(ReadOnlyMemory<byte> body)
    {
        var call = new ArrayBufferWriter<byte>(body.Length + 64);
        try
        {
            using var document = JsonReading.Parse(body);
            using var json = new Utf8JsonWriter(call, new() { SkipValidation = true });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw Problems.BadRequest($"The body must be a JSON object, but is {JsonKinds.Name(document.RootElement)}.");
            json.WriteStartObject();
            foreach (var field in document.RootElement.EnumerateObject())
                if (!field.NameEquals("max_tokens") && !field.NameEquals("stream"))
                    field.WriteRawTo(json);
            json.WriteNumber("max_tokens", 1);
            json.WriteBoolean("stream", false);
            json.WriteEndObject();
        }
        catch (JsonException exception)
        {
            throw Problems.BadRequest($"The body is not JSON: {exception.Message}");
        }
        catch (InvalidOperationException)
        {
            // Thrown instead of a JsonException where the names of fields are read.
            throw Problems.BadRequest("The body is not JSON: the name of a field is not valid Unicode.");
        }
        return call.WrittenMemory;
    }

    /// <summary>What decides a count, and for whom: what others have counted cannot be found out by the time that it takes.</summary>
    private static string KeyOf(string? owner, ReadOnlySpan<byte> call)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{owner}\n"));
        hash.AppendData(call);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

/// <summary>How many tokens a conversation has.</summary>
/// <param name="InputTokens">The number.</param>
internal sealed record TokenCountResource(long InputTokens);
