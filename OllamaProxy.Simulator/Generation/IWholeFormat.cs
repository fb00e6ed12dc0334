using System.Text.Json;
namespace OllamaProxy.Simulator.Generation;

/// <summary>How an API has an answer as one JSON object.</summary>
internal interface IWholeFormat
{
    void Write(Utf8JsonWriter json, AnswerPart answer);
}
