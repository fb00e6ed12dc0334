using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Callers;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Batches;
using OllamaProxy.Batching;
using OllamaProxy.Protocol;
using OllamaProxy.Storage.Files;

namespace OllamaProxy.Api.Batches;

/// <summary>Makes a file with a line for each request of the body of a message batch.</summary>
internal static class MessageBatchReader
{
    private static readonly byte[] LineFeed = [(byte)'\n'];

    /// <summary>Reads the body.</summary>
    /// <returns>How many requests there are.</returns>
    /// <exception cref="ProblemException">400: a request is no good. 403: the caller may not use its model.</exception>
    public static async Task<long> ReadAsync(HttpContext context, BufferedBody body, FileContent content)
    {
        using var document = Parse(body.Bytes);
        if (document.RootElement.Find("requests") is not { ValueKind: JsonValueKind.Array } requests || requests.GetArrayLength() == 0)
            throw Problems.BadRequest("requests: an array with at least one request is needed");
        var format = BatchFormat.Of(BatchApi.Anthropic);
        if (requests.GetArrayLength() > format.MaxLines)
            throw Problems.BadRequest($"requests: no more than {format.MaxLines} requests may be in a batch");
        var customIds = new HashSet<string>();
        foreach (var (index, request) in requests.EnumerateArray().Index())
        {
            var line = LineOf(request);
            try
            {
                var read = format.Read(line, ApiRoute.Messages.Path);
                context.RefuseModel(read.Model);
                if (!customIds.Add(read.CustomId))
                    throw new BadLineException("", $"'{read.CustomId}' is the custom_id of an earlier request", "custom_id");
            }
            catch (BadLineException bad)
            {
                throw Problems.BadRequest($"requests.{index}{(bad.Param is null ? "" : ".")}{bad.Param}: {bad.Message}");
            }
            await content.WriteAsync(line, context.RequestAborted);
            await content.WriteAsync(LineFeed, context.RequestAborted);
        }
        return customIds.Count;
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonReading.Parse(JsonBody.WithoutMark(body));
        }
        catch (JsonException exception)
        {
            throw Problems.BadRequest($"The body is not valid JSON: {exception.Message}");
        }
    }

    /// <summary>A request on one line. Line breaks stand only between values, where spaces mean the same.</summary>
    private static byte[] LineOf(JsonElement request)
    {
        var line = JsonMarshal.GetRawUtf8Value(request).ToArray();
        line.AsSpan().Replace((byte)'\n', (byte)' ');
        line.AsSpan().Replace((byte)'\r', (byte)' ');
        return line;
    }
}
