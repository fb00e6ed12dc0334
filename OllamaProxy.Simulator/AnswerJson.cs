using System.Text.Json;

namespace OllamaProxy.Simulator;

/// <summary>Writes the objects of an answer as the API of its request has them.</summary>
internal sealed class AnswerJson(GenerationRequest request, TimeProvider time)
{
    public void Write(Utf8JsonWriter json, AnswerPart part)
    {
        json.WriteStartObject();
        json.WriteString("model", request.Model);
        json.WriteString("created_at", GoTime.Format(time.GetUtcNow()));
        if (request.Api is OllamaApi.Chat)
        {
            json.WriteStartObject("message");
            json.WriteString("role", "assistant");
            WriteText(json, "content", part);
            json.WriteEndObject();
        }
        else
        {
            WriteText(json, "response", part);
        }

        json.WriteBoolean("done", part.DoneReason is not null);
        if (part.DoneReason is not null) json.WriteString("done_reason", part.DoneReason);
        part.Metrics?.Write(json);
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string name, AnswerPart part)
    {
        json.WriteString(name, part.Text);
        if (part.Thinking.Length > 0) json.WriteString("thinking", part.Thinking);
    }
}
