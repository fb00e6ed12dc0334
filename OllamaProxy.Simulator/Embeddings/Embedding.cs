using System.Security.Cryptography;
using System.Text;
namespace OllamaProxy.Simulator.Embeddings;

/// <summary>The vectors that texts are embedded as. They mean nothing, and are the same for the same text.</summary>
internal static class Embedding
{
    private const int Dimensions = 8;

    /// <summary>A vector of the length 1.</summary>
    /// <param name="text">What is embedded.</param>
    /// <param name="dimensions">How many numbers it has at most; all there are if null or 0.</param>
    public static float[] Of(string text, int? dimensions = null)
    {
        var count = dimensions is > 0 and < Dimensions and var few ? few : Dimensions;
        var numbers = SHA256.HashData(Encoding.UTF8.GetBytes(text)).Take(count).Select(part => part - 127.5f).ToArray();
        var length = MathF.Sqrt(numbers.Sum(number => number * number));
        return [.. numbers.Select(number => number / length)];
    }
}
