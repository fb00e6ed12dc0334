using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Callbacks;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Ollama;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;

namespace OllamaProxy.Api.Prompts;

/// <summary>Puts together again what was sent with a prompt, so that it can be sent once more.</summary>
/// <param name="first">The prompt.</param>
/// <param name="content">What was sent with it.</param>
internal sealed class Repetition(Prompt first, PromptContent content)
{
    /// <summary>The prompt once more.</summary>
    /// <param name="changes">A JSON object, whose fields take the place of those that were sent, and null leaves one out; empty: no
    /// changes.</param>
    /// <param name="submissions">Reads what was submitted.</param>
    /// <exception cref="ProblemException">400: the changes are no good; the message names the field.</exception>
    public NewPrompt Read(ReadOnlyMemory<byte> changes, SubmissionReader submissions)
    {
        using var patch = JsonBody.WithoutMark(changes).IsEmpty ? JsonDocument.Parse(SubmissionReader.NoFields) : JsonBody.Parse(changes);
        JsonBody.FieldsOf(patch.RootElement);
        if (content.Call is { } call)
            return ReadCall(call, patch.RootElement);
        if (!JsonReading.IsObject(content.Request))
            throw new ProblemException(
                StatusCodes.Status409Conflict, "The prompt cannot be repeated: what another program stored with it is no JSON object.");
        using var merged = new BufferedBody(Merge(patch.RootElement));
        using var submission = JsonBody.Parse(merged.Bytes);
        return submissions.Read(submission.RootElement, merged);
    }

    /// <summary>A call goes to Ollama as it came, and nobody waits for it on a connection any more.</summary>
    private NewPrompt ReadCall(ApiCall call, JsonElement changes)
    {
        foreach (var field in changes.EnumerateObject())
            throw Problems.BadRequest($"'{field.Name}' cannot be changed: a call of {call.Endpoint} is repeated as it came.");
        return new(content.Text, first.Model ?? "", SubmissionReader.NoFields)
        {
            Call = call,
            Priority = first.Priority,
            Callback = content.Callback,
        };
    }

    private ReadOnlyMemory<byte> Merge(JsonElement changes)
    {
        using var sent = JsonReading.Parse(content.Request);
        using var merged = new MemoryStream();
        using (var writer = new Utf8JsonWriter(merged, new() { SkipValidation = true }))
        {
            bool IsOpen(string name) => !changes.TryGetProperty(name, out _) && !sent.RootElement.TryGetProperty(name, out _);

            writer.WriteStartObject();
            foreach (var field in sent.RootElement.EnumerateObject())
                if (!changes.TryGetProperty(field.Name, out _))
                    field.WriteRawTo(writer);
            foreach (var field in changes.EnumerateObject())
                if (field.Value.ValueKind != JsonValueKind.Null)
                    field.WriteRawTo(writer);
            if (IsOpen("prompt"))
                writer.WriteString("prompt", GenerateRequest.Encode(content.Text));
            if (IsOpen("model") && first.Model is { } model)
                writer.WriteString("model", model);
            if (IsOpen("priority"))
                writer.WriteNumber("priority", first.Priority);
            if (IsOpen("max_attempts") && first.MaxAttempts is { } attempts)
                writer.WriteNumber("max_attempts", attempts);
            if (IsOpen("timeout") && content.Timeout is { } timeout)
                writer.WriteNumber("timeout", timeout.TotalSeconds);
            if (IsOpen("expires_in") && first.ExpiresAt - first.CreatedAt is { Ticks: > 0 } expiry)
                writer.WriteNumber("expires_in", Math.Max(expiry.TotalSeconds, SubmissionReader.MinSeconds));
            if (IsOpen(CallbackReader.UrlField) && content.Callback is { } callback)
            {
                writer.WriteString(CallbackReader.UrlField, callback.Url);
                if (IsOpen(CallbackReader.EventsField))
                {
                    writer.WriteStartArray(CallbackReader.EventsField);
                    foreach (var type in callback.EventTypes)
                        writer.WriteStringValue(type);
                    writer.WriteEndArray();
                }
            }
            if (IsOpen("metadata") && content.Metadata is { } metadata)
            {
                writer.WritePropertyName("metadata");
                writer.WriteRawValue(metadata.Span, skipInputValidation: true);
            }
            writer.WriteEndObject();
        }
        return merged.ToArray();
    }
}
