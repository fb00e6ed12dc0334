using System.Text.Json;

namespace OllamaProxy.Simulator.Generation;

/// <summary>The format of an answer that is a single JSON object.</summary>
internal interface IWholeFormat
{
    void Write(Utf8JsonWriter json, AnswerPart answer);
}
