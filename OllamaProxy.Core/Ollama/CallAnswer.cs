using System.Text.Json;
using OllamaProxy.Protocol;

namespace OllamaProxy.Ollama;

/// <summary>Reads what a model says from the answer to a call, which is JSON as a whole, or in lines or events.</summary>
internal static class CallAnswer
{
    /// <summary>The fields that answers of any API have, of which each has one.</summary>
    private static readonly string[] Fields = ["response", "message", "done", "embedding", "embeddings", "choices", "data", "output", "content"];

    /// <summary>The whole of an answer.</summary>
    /// <exception cref="OllamaException">It is no JSON object, so that it is not Ollama's.</exception>
    public static GenerateChunk ReadWhole(ApiRoute endpoint, ReadOnlyMemory<byte> json)
    {
        try
        {
            if (json.IsEmpty)
                throw OllamaFailures.OfInvalidBody("It was empty.");
            using var document = JsonReading.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw OllamaFailures.OfInvalidBody("It is JSON, but no object.");
            var answer = Read(endpoint, document.RootElement);
            if (answer.Error is null && !Fields.Any(field => document.RootElement.TryGetProperty(field, out _)))
                throw OllamaFailures.OfInvalidBody("It has none of the fields of an answer.");
            return answer with { Done = true, DoneReason = IsBrokenOff(endpoint, answer) ? GenerateChunk.RepeatLimit.DoneReason : answer.DoneReason };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw OllamaFailures.OfInvalidBody("It is no JSON.", exception);
        }
    }

    /// <summary>A part of an answer that comes in parts; null: it says nothing that matters here, or nothing that can be read.</summary>
    public static GenerateChunk? ReadPart(ApiRoute endpoint, ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonReading.Parse(json);
            return Read(endpoint, document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static GenerateChunk Read(ApiRoute endpoint, JsonElement answer) => ReadError(answer) ?? endpoint switch
    {
        { Kind: CallKind.Embed } => new() { PromptEvalCount = answer.Whole("prompt_eval_count") ?? answer.Find("usage")?.Whole("prompt_tokens") },
        { Family: ApiFamily.Ollama } => ReadOllama(answer),
        _ when endpoint == ApiRoute.Responses => ReadResponses(answer),
        { Family: ApiFamily.OpenAI } => ReadCompletions(answer),
        _ => ReadMessages(answer),
    };

    /// <summary>Whether a whole answer lacks what says that it is done; a response always has its status, and an embedding needs none.</summary>
    private static bool IsBrokenOff(ApiRoute endpoint, GenerateChunk answer) =>
        endpoint.Kind != CallKind.Embed && endpoint != ApiRoute.Responses && answer is { Error: null, Done: false, DoneReason: null or "" };

    private static GenerateChunk? ReadError(JsonElement answer) => answer.Find("error") switch
    {
        { ValueKind: JsonValueKind.String } error => new() { Error = error.Text() },
        { ValueKind: JsonValueKind.Object } error => new() { Error = error.GetRawText() },
        _ => null,
    };

    /// <summary>Of <c>/api/generate</c> and <c>/api/chat</c>.</summary>
    private static GenerateChunk ReadOllama(JsonElement answer)
    {
        var message = answer.Find("message") ?? answer;
        return new()
        {
            Response = message.Text("response") ?? message.Text("content"),
            Thinking = message.Text("thinking"),
            Done = answer.Find("done") is { ValueKind: JsonValueKind.True },
            DoneReason = answer.Text("done_reason"),
            TotalDuration = answer.Whole("total_duration"),
            LoadDuration = answer.Whole("load_duration"),
            PromptEvalCount = answer.Whole("prompt_eval_count"),
            PromptEvalDuration = answer.Whole("prompt_eval_duration"),
            EvalCount = answer.Whole("eval_count"),
            EvalDuration = answer.Whole("eval_duration"),
        };
    }

    /// <summary>Of <c>/v1/chat/completions</c> and <c>/v1/completions</c>; several choices are not told apart in Ollama either.</summary>
    private static GenerateChunk ReadCompletions(JsonElement answer)
    {
        var choice = answer.Items("choices").FirstOrDefault();
        var message = choice.Find("delta") ?? choice.Find("message") ?? choice;
        return new()
        {
            Response = message.Text("content") ?? message.Text("text"),
            Thinking = message.Text("reasoning") ?? message.Text("reasoning_content"),
            DoneReason = choice.Text("finish_reason"),
            PromptEvalCount = answer.Find("usage")?.Whole("prompt_tokens"),
            EvalCount = answer.Find("usage")?.Whole("completion_tokens"),
        };
    }

    /// <summary>Of <c>/v1/responses</c>, whole or as an event.</summary>
    private static GenerateChunk ReadResponses(JsonElement answer) => answer.Text("type") switch
    {
        "response.output_text.delta" => new() { Response = answer.Text("delta") },
        "response.reasoning_text.delta" or "response.reasoning_summary_text.delta" => new() { Thinking = answer.Text("delta") },
        "response.failed" => new() { Done = true, Error = answer.Find("response")?.Find("error")?.GetRawText() ?? "The response failed." },
        "error" => new() { Done = true, Error = answer.Text("message") ?? answer.GetRawText() },
        "response.completed" or "response.incomplete" => ReadUsage(answer.Find("response") ?? answer) with { Done = true },
        null => ReadUsage(answer) with { Response = string.Concat(answer.Items("output").SelectMany(item => item.Items("content")).Select(part => part.Text("text"))) },
        _ => new(),
    };

    /// <summary>Of <c>/v1/messages</c>, whole or as an event.</summary>
    private static GenerateChunk ReadMessages(JsonElement answer) => answer.Text("type") switch
    {
        "content_block_delta" => new() { Response = answer.Find("delta")?.Text("text"), Thinking = answer.Find("delta")?.Text("thinking") },
        "message_start" => ReadUsage(answer.Find("message") ?? answer) with { EvalCount = null },
        "message_delta" => ReadUsage(answer) with { DoneReason = answer.Find("delta")?.Text("stop_reason") },
        "message_stop" => new() { Done = true },
        "message" => ReadUsage(answer) with
        {
            Response = string.Concat(answer.Items("content").Select(part => part.Text("text"))),
            Thinking = string.Concat(answer.Items("content").Select(part => part.Text("thinking"))),
            DoneReason = answer.Text("stop_reason"),
        },
        _ => new(),
    };

    private static GenerateChunk ReadUsage(JsonElement answer) => new()
    {
        PromptEvalCount = answer.Find("usage")?.Whole("input_tokens"),
        EvalCount = answer.Find("usage")?.Whole("output_tokens"),
    };
}
