namespace Microsoft.Azure.Functions.Worker;

public sealed class TimerInfo;
