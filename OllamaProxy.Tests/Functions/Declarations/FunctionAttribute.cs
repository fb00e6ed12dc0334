namespace Microsoft.Azure.Functions.Worker;

// These few declarations stand for the Functions packages, which not every registry has: the trigger classes are
// compiled against them here.

[AttributeUsage(AttributeTargets.Method)]
public sealed class FunctionAttribute(string name) : Attribute
{
    public string Name => name;
}
